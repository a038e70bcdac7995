import { useAnswer } from "./answer";
import type { Box } from "./box";
import type { Picked } from "./canvas";
import type { Layer } from "./catalogue";
import { Notice } from "./faults";
import { moment, number } from "./format";
import { ask, type Hub } from "./hub";
import { Sheet } from "./sheet";
import { useLang, useWords, type Lang } from "./words";

interface Listed extends Picked {
  observedAt: string | null;
}

interface Content {
  total: number;
  /** By LayerName. */
  counts: Map<string, number>;
  first: Listed[];
}

interface Props {
  hub: Hub;
  box: Box;
  /** The layers that are on. */
  layers: Layer[];
  /** Those of which only what is in force is drawn, and counted here. */
  active: Set<string>;
  asOf: string | null;
  colourOf: (field: string) => string | undefined;
  onPick: (picked: Picked) => void;
  onClose: () => void;
}

/** What lies in a box: how many of each layer that is on, and the first of them. */
export function Selection({ hub, box, layers, active, asOf, colourOf, onPick, onClose }: Props) {
  const w = useWords();
  const lang = useLang();
  const answer = useAnswer(
    (signal) => load({ hub, box, layers, active, lang, asOf, signal }),
    [hub, box, layers.map((l) => l.name).join(), lang, asOf],
  );
  const content = answer.value;
  return (
    <Sheet
      kind={w.box} title={content ? w.inBox(number(content.total, lang)) : w.loading} busy={answer.waiting}
      className="selection" onClose={onClose}
    >
      {answer.fault && <Notice fault={answer.fault} again={answer.again} />}
      {content && (
        <>
          <ul className="counts">
            {layers.map((l) => (
              <li key={l.field} data-layer={l.field}>
                <span className="swatch" style={{ background: colourOf(l.field) }} />
                <span className="name">{l.title}</span>
                <span className="count">{number(content.counts.get(l.name) ?? 0, lang)}</span>
              </li>
            ))}
          </ul>
          <ul className="also">
            {content.first.map((n) => (
              <li key={n.id}>
                <button type="button" className="quiet" onClick={() => onPick(n)}>
                  {n.label ?? w.untitled}
                  <small>
                    {layers.find((l) => l.name === n.layer)?.title}
                    {n.observedAt && ` · ${moment(n.observedAt, lang)}`}
                  </small>
                </button>
              </li>
            ))}
          </ul>
          {content.total > content.first.length && <p className="faint">{w.inBoxMore(content.first.length)}</p>}
        </>
      )}
    </Sheet>
  );
}

interface Question {
  hub: Hub;
  box: Box;
  layers: Layer[];
  active: Set<string>;
  lang: Lang;
  asOf: string | null;
  signal: AbortSignal;
}

interface Page {
  totalCount: number;
  counts?: { layer: string; count: number }[];
  nodes: Listed[];
}

async function load({ hub, box, layers, active, lang, asOf, signal }: Question): Promise<Content> {
  const lists = layers.filter((l) => active.has(l.field));
  const asked = `area: {bbox: $bbox}, asOf: $asOf, first: 100`;
  const nodes = "nodes { id layer label(lang: $lang) observedAt }";
  const query = `query Box($layers: [LayerName!]!, $bbox: BBox!, $lang: Lang, $asOf: DateTime) {
    features(layers: $layers, ${asked}) { totalCount counts { layer count } ${nodes} }
    ${lists.map((l) => `${l.field}(filter: {active: true}, ${asked}) { totalCount ${nodes} }`).join("\n")}
  }`;
  const others = layers.filter((l) => !active.has(l.field)).map((l) => l.name);
  const variables = { layers: others, bbox: box, lang: lang.toUpperCase(), asOf };
  const answer = await ask<Record<string, Page>>(hub, query, variables, signal);
  const features = answer.features!;
  const counts = new Map(features.counts!.map((c) => [c.layer, c.count]));
  for (const l of lists) counts.set(l.name, answer[l.field]!.totalCount);
  const pages = [...lists.map((l) => answer[l.field]!), features];
  return {
    total: pages.reduce((sum, p) => sum + p.totalCount, 0),
    counts,
    first: pages.flatMap((p) => p.nodes).slice(0, 100),
  };
}
