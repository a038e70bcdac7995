/** Who asks, and where: everything the page knows comes through here. */
export interface Hub {
  endpoint: string;
  /** The value of X-Api-Key; "" asks as anybody. */
  key: string;
}

/** What the hub, or the way to it, says instead of an answer. */
export class Fault extends Error {
  constructor(
    /** A member of the schema's ErrorCode, or OFFLINE when nothing answered. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function headers(hub: Hub): Record<string, string> {
  return hub.key ? { "X-Api-Key": hub.key } : {};
}

/** Asks by GraphQL; throws a Fault when any part of the answer is missing. */
export async function ask<T>(hub: Hub, query: string, variables: object, signal?: AbortSignal): Promise<T> {
  const answer = await json(hub.endpoint, signal, {
    method: "POST",
    headers: { ...headers(hub), "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const first = answer.errors?.[0];
  if (first) throw new Fault(first.extensions?.code ?? "INTERNAL", first.message);
  return answer.data;
}

/** Gets a JSON file of the hub. */
export function get<T>(hub: Hub, path: string, signal?: AbortSignal): Promise<T> {
  return json(path, signal, { headers: headers(hub) });
}

async function json(path: string, signal: AbortSignal | undefined, init: RequestInit) {
  let response: Response;
  try {
    response = await fetch(new URL(path, location.href), { ...init, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Fault("OFFLINE", String(error));
  }
  const body = await response.json().catch(() => null);
  if (body === null) throw new Fault("UNAVAILABLE", `${response.status} ${response.statusText}`);
  if (!response.ok && body.code) throw new Fault(body.code, body.message);
  return body;
}
