/** What the hub tells the page: web.Console in web.go, as JSON. */
export interface Console {
  /** The GraphQL endpoint, same origin. */
  endpoint: string;
  /** Demo keys, the one that sees most last; empty when keys are not given away. */
  keys: Key[];
  examples: Example[];
  /** A hash of all the above; it changes when any of it does. */
  version: string;
}

export interface Key {
  name: string;
  title: string;
  key: string;
}

export interface Example {
  name: string;
  title: string;
  query: string;
  variables?: unknown;
}

export async function loadConsole(): Promise<Console> {
  const response = await fetch("console.json");
  if (!response.ok) throw new Error(`console.json: ${response.status}`);
  return response.json();
}
