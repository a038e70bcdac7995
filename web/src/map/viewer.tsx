import { useState } from "react";
import type { Key } from "../console";
import { useWords } from "./words";

const own = "own";

/** As whom the map is looked at: a demo key, nobody's, or a key of one's own. */
export function ViewerPicker({ keys, value, onChange }: { keys: Key[]; value: string; onChange: (key: string) => void }) {
  const w = useWords();
  const known = keys.some((k) => k.key === value) || value === "";
  const [typing, setTyping] = useState(!known);
  return (
    <div className="viewer">
      <label>
        {w.askAs}
        <select
          value={typing ? own : value}
          onChange={({ target }) => {
            setTyping(target.value === own);
            if (target.value !== own) onChange(target.value);
          }}
        >
          {keys.map((k) => (
            <option key={k.key} value={k.key}>
              {k.title}
            </option>
          ))}
          <option value="">{w.anybody}</option>
          <option value={own}>{w.ownKey}</option>
        </select>
      </label>
      {typing && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            onChange(String(new FormData(e.currentTarget).get("key")).trim());
          }}
        >
          <input
            name="key" type="password" autoComplete="off" required
            placeholder={w.keyPlaceholder} aria-label={w.keyPlaceholder} defaultValue={known ? "" : value}
          />
          <button type="submit">OK</button>
        </form>
      )}
    </div>
  );
}

const kept = "geohub:key";

/** The key of the former visit of this tab, else the demo's last, as in the console. */
export function firstKey(keys: Key[]): string {
  return sessionStorage.getItem(kept) ?? keys.at(-1)?.key ?? "";
}

export function keepKey(key: string) {
  sessionStorage.setItem(kept, key);
}
