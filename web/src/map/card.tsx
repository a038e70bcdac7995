import type { Layer } from "./catalogue";
import type { Answer } from "./answer";
import type { Picked } from "./canvas";
import { Notice } from "./faults";
import { fieldsOf, type Feature } from "./feature";
import { moment, number, value } from "./format";
import { Sheet } from "./sheet";
import { useLang, useWords } from "./words";

interface Props {
  layer: Layer;
  answer: Answer<Feature | null>;
  /** What else was drawn where the feature was picked. */
  others: Picked[];
  onPick: (picked: Picked) => void;
  onClose: () => void;
}

/** What the hub knows of a feature, and what it withholds. */
export function Card({ layer, answer, others, onPick, onClose }: Props) {
  const w = useWords();
  const feature = answer.value;
  const title = feature ? (feature.label ?? w.untitled) : answer.waiting ? w.loading : layer.title;
  return (
    <Sheet kind={layer.title} title={title} busy={answer.waiting} onClose={onClose}>
      {answer.fault && <Notice fault={answer.fault} again={answer.again} />}
      {feature === null && <p className="faint">{w.gone}</p>}
      {feature && <Facts feature={feature} layer={layer} />}
      {others.length > 0 && (
        <>
          <h3>{w.alsoHere}</h3>
          <ul className="also">
            {others.slice(0, 12).map((o) => (
              <li key={o.id}>
                <button type="button" className="quiet" onClick={() => onPick(o)}>
                  {o.label ?? w.untitled}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Sheet>
  );
}

function Facts({ feature, layer }: { feature: Feature; layer: Layer }) {
  const w = useWords();
  const lang = useLang();
  const titleOf = (name: string) => layer.fields.find((f) => f.name === name)?.title ?? name;
  const own = fieldsOf(layer).flatMap((f) => {
    const text = value(feature[f.name], f, lang);
    return text === null ? [] : [[f.title, text] as const];
  });
  const { observedAt, updatedAt, freshness, unit, provenance, position } = feature;
  const source = [provenance?.agency?.name, provenance?.source].filter(Boolean).join(" · ");
  return (
    <>
      <p className="when">
        {observedAt && `${w.observed} ${moment(observedAt, lang)}`}
        {freshness?.dueAt && (
          <span className={freshness.stale ? "fresh stale" : "fresh"}>
            {freshness.stale ? w.overdue(moment(freshness.dueAt, lang)) : w.due(moment(freshness.dueAt, lang))}
          </span>
        )}
      </p>
      <dl>
        {own.map(([title, text]) => (
          <Fact key={title} title={title} text={text} />
        ))}
      </dl>
      <dl className="faint">
        {unit && <Fact title={w.unit} text={unit.name} />}
        {source && <Fact title={w.source} text={source} />}
        <Fact title={w.updated} text={moment(updatedAt, lang)} />
        {position && <Fact title={w.position} text={`${number(position.lat, lang, 5)} · ${number(position.lon, lang, 5)}`} />}
      </dl>
      {feature.masked.length > 0 && (
        <p className="masked">
          <strong>{w.masked}:</strong> {feature.masked.map(titleOf).join(", ")}.
        </p>
      )}
    </>
  );
}

function Fact({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{text}</dd>
    </div>
  );
}
