import type { GeoJSON } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import { get, type Hub } from "./hub";
import type { Lang } from "./words";

/** How a layer is drawn: tiles/style.go's layerLegend. */
export interface Legend {
  layer: string;
  title: Record<Lang, string>;
  colour: string;
  /** Only what is in force is drawn. */
  active?: boolean;
  field?: string;
  legend?: { value: string; title: Record<Lang, string>; colour: string }[];
  /** The style's layers that draw it. */
  drawn: string[];
}

export type HubStyle = StyleSpecification & {
  metadata: { "hub:bounds"?: [number, number, number, number]; "hub:layers": Legend[] };
};

export function loadStyle(hub: Hub, lang: Lang, asOf: string | null, signal: AbortSignal): Promise<HubStyle> {
  const query = new URLSearchParams({ lang });
  if (asOf) query.set("asOf", asOf);
  return get(hub, `style.json?${query}`, signal);
}

export const legends = (style: HubStyle) => style.metadata["hub:layers"];

const accent = "#0a7f78";

/** The hub's style with only some layers shown, and what the user chose on top of them. */
export function composed(style: HubStyle, on: Set<string>, chosen: GeoJSON | null, box: GeoJSON | null): StyleSpecification {
  const nothing: GeoJSON = { type: "FeatureCollection", features: [] };
  const hidden = new Set(legends(style).flatMap((l) => (on.has(l.layer) ? [] : l.drawn)));
  return {
    ...style,
    sources: {
      ...style.sources,
      chosen: { type: "geojson", data: chosen ?? nothing },
      box: { type: "geojson", data: box ?? nothing },
    },
    layers: [
      ...style.layers.map((l) =>
        hidden.has(l.id) ? ({ ...l, layout: { ...l.layout, visibility: "none" } } as typeof l) : l,
      ),
      { id: "box", type: "fill", source: "box", paint: { "fill-color": accent, "fill-opacity": 0.08 } },
      {
        id: "box-edge", type: "line", source: "box",
        paint: { "line-color": accent, "line-width": 1.5, "line-dasharray": [3, 2] },
      },
      {
        id: "chosen-edge", type: "line", source: "chosen",
        filter: ["match", ["geometry-type"], ["Point", "MultiPoint"], false, true],
        paint: { "line-color": "#10202c", "line-width": 2.5 },
      },
      {
        id: "chosen", type: "circle", source: "chosen",
        filter: ["match", ["geometry-type"], ["Point", "MultiPoint"], true, false],
        paint: {
          "circle-radius": 10, "circle-color": "rgba(0,0,0,0)",
          "circle-stroke-color": "#10202c", "circle-stroke-width": 2.5,
        },
      },
    ],
  };
}
