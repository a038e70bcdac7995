import { useCallback, useEffect, useState } from "react";
import { Fault } from "./hub";

/** Where an answer stands. The former one stays while a new one is awaited. */
export interface Answer<T> {
  value?: T;
  fault?: Fault;
  waiting: boolean;
  again: () => void;
}

/** Asks whenever deps change; a question that is no longer wanted is called off. */
export function useAnswer<T>(question: (signal: AbortSignal) => Promise<T> | undefined, deps: unknown[]): Answer<T> {
  const [state, setState] = useState<{ value?: T; fault?: Fault; waiting: boolean }>({ waiting: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const off = new AbortController();
    const asked = question(off.signal);
    if (!asked) {
      setState({ waiting: false });
      return;
    }
    setState((former) => ({ value: former.value, waiting: true }));
    asked.then(
      (value) => off.signal.aborted || setState({ value, waiting: false }),
      (error) => off.signal.aborted || setState((former) => ({ value: former.value, fault: asFault(error), waiting: false })),
    );
    return () => off.abort();
  }, [...deps, turn]);
  return { ...state, again: useCallback(() => setTurn((n) => n + 1), []) };
}

function asFault(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault("INTERNAL", String(error));
}
