import type { Fault } from "./hub";
import { useWords } from "./words";

/** A fault in words, with what to do next; what the hub said stands small below. */
export function Notice({ fault, again }: { fault: Fault; again?: () => void }) {
  const w = useWords();
  const [what, next] = w.faults[fault.code] ?? w.faults.INTERNAL!;
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{what}</strong> {next}
      </p>
      <p className="said">
        {fault.code}: {fault.message}
      </p>
      {again && (
        <button type="button" onClick={again}>
          {w.retry}
        </button>
      )}
    </div>
  );
}
