import { useEffect, useState } from "react";
import { useAnswer } from "./answer";
import type { Picked } from "./canvas";
import { Notice } from "./faults";
import { ask, type Hub } from "./hub";
import { useLang, useWords } from "./words";

interface Found extends Picked {
  unit: { name: string } | null;
  position: { lon: number; lat: number } | null;
}

interface Props {
  hub: Hub;
  asOf: string | null;
  titleOf: (layer: string) => string;
  onChoose: (found: Picked, position: { lon: number; lat: number } | null) => void;
}

/** Named things by what people type, with or without accents. */
export function Search({ hub, asOf, titleOf, onChoose }: Props) {
  const w = useWords();
  const lang = useLang();
  const [text, setText] = useState("");
  const typed = useSettled(text.trim());
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const answer = useAnswer(
    (signal) => (typed ? find(hub, typed, lang, asOf, signal) : undefined),
    [hub, typed, lang, asOf],
  );
  const found = typed ? (answer.value ?? []) : [];
  const active = found[Math.min(at, found.length - 1)];

  const choose = (f: Found | undefined) => {
    if (!f) return;
    setOpen(false);
    onChoose(f, f.position);
  };
  const onKey = (e: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && found.length > 0) {
      e.preventDefault();
      setOpen(true);
      setAt((Math.min(at, found.length - 1) + step + found.length) % found.length);
    } else if (e.key === "Enter") choose(active);
    else if (e.key === "Escape") setOpen(false);
  };

  const shown = open && typed !== "" && (found.length > 0 || !answer.waiting);
  return (
    <div className="search">
      <input
        type="search" role="combobox" aria-expanded={shown} aria-controls="found" aria-autocomplete="list"
        aria-activedescendant={shown && active ? `found-${active.id}` : undefined}
        aria-label={w.search} placeholder={w.search} value={text}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} onKeyDown={onKey}
      />
      {shown && (
        <div className="found">
          {answer.fault && <Notice fault={answer.fault} />}
          {!answer.fault && found.length === 0 && <p className="faint">{w.noneFound}</p>}
          <ul id="found" role="listbox">
            {found.map((f) => (
              // The list must not take the focus before the click has come.
              <li
                key={f.id} id={`found-${f.id}`} role="option" aria-selected={f === active}
                onMouseDown={(e) => e.preventDefault()} onClick={() => choose(f)}
              >
                <span>{f.label}</span>
                <small>{[titleOf(f.layer), f.unit?.name].filter(Boolean).join(" · ")}</small>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

async function find(hub: Hub, text: string, lang: string, asOf: string | null, signal: AbortSignal): Promise<Found[]> {
  const query = `query Search($text: String!, $lang: Lang, $asOf: DateTime) {
    searchPlaces(text: $text, first: 8, asOf: $asOf) {
      node { id layer label(lang: $lang) unit { name(lang: $lang) } position { lon lat } }
    }
  }`;
  const variables = { text, lang: lang.toUpperCase(), asOf };
  const { searchPlaces } = await ask<{ searchPlaces: { node: Found }[] }>(hub, query, variables, signal);
  return searchPlaces.map((edge) => edge.node);
}

/** A text once nothing was typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
