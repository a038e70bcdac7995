import { useId, type ReactNode } from "react";
import { useWords } from "./words";

interface Props {
  kind: string;
  title: string;
  busy: boolean;
  className?: string;
  onClose: () => void;
  children: ReactNode;
}

/** What lies beside the map on a wide page, and over its lower half on a phone. */
export function Sheet({ kind, title, busy, className = "", onClose, children }: Props) {
  const w = useWords();
  const id = useId();
  return (
    <section className={`sheet ${className}`} aria-labelledby={id} aria-busy={busy}>
      <header>
        <div>
          <p className="kind">{kind}</p>
          <h2 id={id}>{title}</h2>
        </div>
        <button type="button" className="close" aria-label={w.close} title={w.close} onClick={onClose}>
          ×
        </button>
      </header>
      <div className="content">{children}</div>
    </section>
  );
}
