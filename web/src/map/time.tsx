import { useEffect, useState } from "react";
import { moment } from "./format";
import { useLang, useWords } from "./words";

const minute = 60_000;
const periods = {
  day: { length: 24 * 60 * minute, step: 10 * minute },
  week: { length: 7 * 24 * 60 * minute, step: 60 * minute },
  month: { length: 30 * 24 * 60 * minute, step: 6 * 60 * minute },
};
type Period = keyof typeof periods;

/** The moment the map is of: at the right end now, further left as the hub knew it then. */
export function Time({ asOf, onChange }: { asOf: string | null; onChange: (asOf: string | null) => void }) {
  const w = useWords();
  const lang = useLang();
  const [period, setPeriod] = useState<Period>(() => periodOf(asOf));
  const { length, step } = periods[period];
  const [end, setEnd] = useState(() => Math.ceil(Date.now() / step) * step);
  const chosen = asOf ? Math.max(end - length, Math.min(Date.parse(asOf), end - step)) : end;
  const [at, setAt] = useState(chosen);
  useEffect(() => setAt(chosen), [chosen]);

  // The slider is let go of between two steps: only then the map follows.
  useEffect(() => {
    if (at === chosen) return;
    const timer = setTimeout(() => onChange(at >= end ? null : new Date(at).toISOString()), 250);
    return () => clearTimeout(timer);
  }, [at, chosen, end]);

  return (
    <section className={asOf ? "time past" : "time"} aria-label={w.slider}>
      <output>{at >= end ? w.now : `${w.asOf} ${moment(new Date(at).toISOString(), lang)}`}</output>
      <input
        type="range" min={end - length} max={end} step={step} value={at} aria-label={w.slider}
        aria-valuetext={at >= end ? w.now : moment(new Date(at).toISOString(), lang)}
        onChange={({ target }) => setAt(Number(target.value))}
      />
      <select
        aria-label={w.period} value={period}
        onChange={({ target }) => {
          const next = target.value as Period;
          setPeriod(next);
          setEnd(Math.ceil(Date.now() / periods[next].step) * periods[next].step);
        }}
      >
        {(Object.keys(periods) as Period[]).map((p) => (
          <option key={p} value={p}>
            {w.periods[p]}
          </option>
        ))}
      </select>
      {asOf && (
        <button type="button" onClick={() => onChange(null)}>
          {w.backToNow}
        </button>
      )}
    </section>
  );
}

/** The shortest period that reaches back to a moment. */
function periodOf(asOf: string | null): Period {
  const back = asOf ? Date.now() - Date.parse(asOf) : 0;
  return back < periods.day.length ? (asOf ? "day" : "week") : back < periods.week.length ? "week" : "month";
}
