const name = "X-Api-Key";

/** The headers editor's text that asks with this key. */
export function headersFor(key: string): string {
  return JSON.stringify({ [name]: key }, null, 2);
}

/** The key in the headers editor's text; "" when there is none or the text is half-typed. */
export function keyIn(headers: string | null): string {
  try {
    return JSON.parse(headers ?? "")[name] ?? "";
  } catch {
    return "";
  }
}

/** The same headers asking with another key; other headers stay. */
export function withKey(headers: string | null, key: string): string {
  try {
    return JSON.stringify({ ...JSON.parse(headers ?? ""), [name]: key }, null, 2);
  } catch {
    return headersFor(key);
  }
}
