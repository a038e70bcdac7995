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

export async function loadFigures(hub: Hub, asOf: string | null, signal: AbortSignal): Promise<Map<string, Figures>> {
  const query = `query Figures($asOf: DateTime) {
    layers(asOf: $asOf) { field count freshness { dueAt stale } }
  }`;
  const { layers } = await ask<{ layers: Figures[] }>(hub, query, { asOf }, signal);
  return new Map(layers.map((l) => [l.field, l]));
}
