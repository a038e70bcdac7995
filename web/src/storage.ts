import type { Storage } from "@graphiql/toolkit";

const perVersion = new Set(["tabState", "query", "variables", "headers"].map((k) => `graphiql:${k}`));

/**
 * localStorage, with what the tabs hold kept per version: tabs of an earlier
 * visit must neither hide new examples nor ask with keys that are gone.
 * Theme, history and layout stay common to all versions.
 */
export function storageFor(version: string): Storage {
  const at = (key: string) => (perVersion.has(key) ? `geohub:${version}:${key}` : key);
  return {
    getItem: (key) => localStorage.getItem(at(key)),
    setItem: (key, value) => localStorage.setItem(at(key), value),
    removeItem: (key) => localStorage.removeItem(at(key)),
    clear() {
      for (const key of Object.keys(localStorage)) {
        if (/^(graphiql|geohub):/.test(key)) localStorage.removeItem(key);
      }
    },
    get length() {
      return localStorage.length;
    },
  };
}

/** Whether this version's tabs have been stored by an earlier visit. */
export function hasTabs(storage: Storage): boolean {
  return storage.getItem("graphiql:tabState") !== null;
}
