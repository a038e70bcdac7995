import type { Geometry } from "geojson";
import type { Field, Layer } from "./catalogue";
import { ask, type Hub } from "./hub";
import type { Lang } from "./words";

/** What every feature has, and its layer's own fields by their names. */
export interface Feature {
  id: string;
  layer: string;
  label: string | null;
  observedAt: string | null;
  updatedAt: string;
  masked: string[];
  freshness: { dueAt: string | null; stale: boolean } | null;
  unit: { name: string } | null;
  provenance: { source: string; agency: { name: string } | null } | null;
  position: { lon: number; lat: number } | null;
  geometry: Geometry | null;
  [field: string]: unknown;
}

const common = new Set([
  ..."id aliases layer label geometry position positionAccuracyM unit observedAt updatedAt".split(" "),
  ..."provenance freshness masked".split(" "),
]);
const scalars = new Set(["ID", "String", "Int", "Float", "Boolean", "Date", "DateTime"]);

/** The layer's own fields that can be shown as they are: values, no further objects. */
export function fieldsOf(layer: Layer): Field[] {
  const leaf = (f: Field) => f.values !== null || scalars.has(f.type.replace(/[[\]!]/g, ""));
  return layer.fields.filter((f) => !common.has(f.name) && leaf(f));
}

/** An id's first part is the root field that finds it: "dam:TA_TRACH". */
export async function loadFeature(hub: Hub, layer: Layer, id: string, lang: Lang, asOf: string | null, signal: AbortSignal) {
  const root = /^[a-z]\w*(?=:)/i.exec(id)?.[0];
  if (!root) return null;
  const query = `query Card($id: ID!, $lang: Lang, $asOf: DateTime) {
    feature: ${root}(id: $id, asOf: $asOf) {
      id layer label(lang: $lang) observedAt updatedAt masked
      freshness { dueAt stale }
      unit { name(lang: $lang) }
      provenance { source agency { name(lang: $lang) } }
      position { lon lat }
      geometry(precision: 6)
      ${fieldsOf(layer).map((f) => f.name).join(" ")}
    }
  }`;
  const variables = { id, lang: lang.toUpperCase(), asOf };
  return (await ask<{ feature: Feature | null }>(hub, query, variables, signal)).feature;
}
