import { useState } from "react";
import type { Figures } from "./catalogue";
import { moment, number } from "./format";
import type { Legend } from "./style";
import { useLang, useWords } from "./words";

interface Props {
  legends: Legend[];
  figures?: Map<string, Figures>;
  on: Set<string>;
  hidden: number;
  onChange: (on: Set<string>) => void;
}

/** The layers: switches, counts, freshness and what the colours mean. */
export function Layers({ legends, figures, on, hidden, onChange }: Props) {
  const w = useWords();
  return (
    <section aria-labelledby="layers-title" className="layers">
      <header>
        <h2 id="layers-title">{w.layers}</h2>
        <button type="button" className="quiet" onClick={() => onChange(new Set(legends.map((l) => l.layer)))}>
          {w.all}
        </button>
        <button type="button" className="quiet" onClick={() => onChange(new Set())}>
          {w.none}
        </button>
      </header>
      <ul>
        {legends.map((l) => (
          <Row
            key={l.layer} legend={l} figures={figures?.get(l.layer)} on={on.has(l.layer)}
            onSwitch={(is) => onChange(new Set(is ? [...on, l.layer] : [...on].filter((one) => one !== l.layer)))}
          />
        ))}
      </ul>
      {hidden > 0 && <p className="faint">{w.hidden(hidden)}</p>}
    </section>
  );
}

function Row({ legend, figures, on, onSwitch }: { legend: Legend; figures?: Figures; on: boolean; onSwitch: (on: boolean) => void }) {
  const w = useWords();
  const lang = useLang();
  const [open, setOpen] = useState(false);
  const title = legend.title[lang] || legend.title.vi;
  return (
    <li className={on ? "layer on" : "layer"} data-layer={legend.layer}>
      <div className="row">
        <label>
          <input type="checkbox" checked={on} onChange={({ target }) => onSwitch(target.checked)} />
          <span className="swatch" style={{ background: legend.colour }} />
          <span className="name">{title}</span>
          <Freshness figures={figures} />
          <span className="count">{figures ? number(figures.active ?? figures.count, lang) : "…"}</span>
        </label>
        <button
          type="button" className="quiet more" aria-expanded={open} aria-label={`${w.legend}: ${title}`} title={w.legend}
          disabled={!legend.legend} onClick={() => setOpen(!open)}
        />
      </div>
      {figures?.active !== undefined && <p className="faint">{w.active(number(figures.count, lang))}</p>}
      {open && legend.legend && <Colours legend={legend.legend} />}
    </li>
  );
}

function Freshness({ figures }: { figures?: Figures }) {
  const w = useWords();
  const lang = useLang();
  const f = figures?.freshness;
  if (!f?.dueAt) return null;
  const at = moment(f.dueAt, lang);
  return (
    <span className={f.stale ? "fresh stale" : "fresh"} title={f.stale ? w.overdue(at) : w.due(at)}>
      {f.stale ? w.stale : w.fresh}
    </span>
  );
}

/** The values of each colour together: many mean the same to the eye. */
function Colours({ legend }: { legend: NonNullable<Legend["legend"]> }) {
  const lang = useLang();
  const byColour = Map.groupBy(legend, (e) => e.colour);
  return (
    <ul className="legend">
      {[...byColour].map(([colour, entries]) => (
        <li key={colour}>
          <span className="dot" style={{ background: colour }} />
          {entries.map((e) => e.title[lang] || e.title.vi).join(" · ")}
        </li>
      ))}
    </ul>
  );
}
