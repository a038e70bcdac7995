import { ask, type Hub } from "./hub";
import type { Lang } from "./words";

/** A layer as GraphQL's `layers` tells of it. */
export interface Layer {
  /** LayerName: "CAMERA_EVENT". */
  name: string;
  /** Its list field, and its name in the style: "cameraEvents". */
  field: string;
  title: string;
  agency: { name: string } | null;
  fields: Field[];
}

export interface Field {
  name: string;
  title: string;
  type: string;
  /** By UCUM. */
  unit: string | null;
  values: { value: string; title: string }[] | null;
}

/** A layer's figures at a moment. */
export interface Figures {
  field: string;
  count: number;
  /** How many of them are in force, of layers that are drawn so. */
  active?: number;
  freshness: { dueAt: string | null; stale: boolean } | null;
}

export async function loadCatalogue(hub: Hub, lang: Lang, signal: AbortSignal): Promise<Layer[]> {
  const query = `query Catalogue($lang: Lang) {
    layers {
      name field title(lang: $lang) agency { name(lang: $lang) }
      fields { name title(lang: $lang) type unit values { value title(lang: $lang) } }
    }
  }`;
  return (await ask<{ layers: Layer[] }>(hub, query, { lang: lang.toUpperCase() }, signal)).layers;
}

export async function loadFigures(hub: Hub, asOf: string | null, active: string[], signal: AbortSignal): Promise<Map<string, Figures>> {
  const query = `query Figures($asOf: DateTime) {
    layers(asOf: $asOf) { field count freshness { dueAt stale } }
    ${active.map((field) => `${field}(filter: {active: true}, asOf: $asOf) { totalCount }`).join("\n")}
  }`;
  type Answer = { layers: Figures[] } & Record<string, { totalCount: number }>;
  const answer = await ask<Answer>(hub, query, { asOf }, signal);
  return new Map(answer.layers.map((l) => [l.field, { ...l, active: answer[l.field]?.totalCount }]));
}
