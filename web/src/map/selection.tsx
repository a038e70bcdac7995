import { useAnswer } from "./answer";
import type { Box } from "./box";
import type { Picked } from "./canvas";
import type { Layer } from "./catalogue";
import { Notice } from "./faults";
import { moment, number } from "./format";
import { ask, type Hub } from "./hub";
import { useLang, useWords, type Lang } from "./words";

interface Listed extends Picked {
  observedAt: string | null;
}

interface Content {
  totalCount: number;
  counts: { layer: string; count: number }[];
  nodes: Listed[];
}

interface Props {
  hub: Hub;
  box: Box;
  /** The layers that are on. */
  layers: Layer[];
  asOf: string | null;
  colourOf: (field: string) => string | undefined;
  onPick: (picked: Picked) => void;
  onClose: () => void;
}

/** What lies in a box: how many of each layer that is on, and the first of them. */
export function Selection({ hub, box, layers, asOf, colourOf, onPick, onClose }: Props) {
  const w = useWords();
  const lang = useLang();
  const names = layers.map((l) => l.name);
  const answer = useAnswer((signal) => load(hub, box, names, lang, asOf, signal), [hub, box, names.join(), lang, asOf]);
  const content = answer.value;
  return (
    <section className="card selection" aria-labelledby="box-title" aria-busy={answer.waiting}>
      <header>
        <div>
          <p className="kind">{w.box}</p>
          <h2 id="box-title">{content ? w.inBox(number(content.totalCount, lang)) : w.loading}</h2>
        </div>
        <button type="button" className="close" aria-label={w.close} title={w.close} onClick={onClose}>
          ×
        </button>
      </header>
      {answer.fault && <Notice fault={answer.fault} again={answer.again} />}
      {content && (
        <>
          <ul className="counts">
            {layers.map((l) => (
              <li key={l.field} data-layer={l.field}>
                <span className="swatch" style={{ background: colourOf(l.field) }} />
                <span className="name">{l.title}</span>
                <span className="count">{number(content.counts.find((c) => c.layer === l.name)?.count ?? 0, lang)}</span>
              </li>
            ))}
          </ul>
          <ul className="also">
            {content.nodes.map((n) => (
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
          {content.totalCount > content.nodes.length && <p className="faint">{w.inBoxMore(content.nodes.length)}</p>}
        </>
      )}
    </section>
  );
}

async function load(hub: Hub, bbox: Box, layers: string[], lang: Lang, asOf: string | null, signal: AbortSignal): Promise<Content> {
  const query = `query Box($layers: [LayerName!]!, $bbox: BBox!, $lang: Lang, $asOf: DateTime) {
    features(layers: $layers, area: {bbox: $bbox}, asOf: $asOf, first: 100) {
      totalCount counts { layer count } nodes { id layer label(lang: $lang) observedAt }
    }
  }`;
  const variables = { layers, bbox, lang: lang.toUpperCase(), asOf };
  return (await ask<{ features: Content }>(hub, query, variables, signal)).features;
}
