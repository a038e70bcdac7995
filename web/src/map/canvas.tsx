import { Map, NavigationControl, ScaleControl, setWorkerUrl, type MapGeoJSONFeature, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { useEffect, useRef, useState } from "react";
import { followBox, type Box } from "./box";
import { number } from "./format";
import { Fault, headers, type Hub } from "./hub";
import { useLang, useWords } from "./words";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);

/** A feature as its tile tells of it. */
export interface Picked {
  id: string;
  layer: string;
  label: string | null;
}

export interface CanvasProps {
  hub: Hub;
  style: StyleSpecification;
  bounds?: Box;
  /** The style's layers that can be picked from. */
  drawn: Set<string>;
  /** Whether the next drag draws a box. */
  boxing: boolean;
  onBox: (box: Box) => void;
  onPick: (picked: Picked[]) => void;
  onFault: (fault: Fault) => void;
  onReady: (map: Map) => void;
}

/** The map itself. It is made anew for another key: what one may see is not for another. */
export function Canvas(props: CanvasProps) {
  const w = useWords();
  const lang = useLang();
  const at = useRef<HTMLDivElement>(null);
  const now = useRef({ ...props, lang, w });
  now.current = { ...props, lang, w };
  const [map, setMap] = useState<Map>();
  const [broken, setBroken] = useState(false);
  const [tip, setTip] = useState<{ x: number; y: number; text: string }>();

  useEffect(() => {
    let made: Map;
    try {
      made = create(at.current!, now.current);
    } catch {
      setBroken(true);
      return;
    }
    made.on("error", ({ error }) => void faultOf(error).then((f) => f && now.current.onFault(f)));
    made.on("click", ({ point }) => pick(made, [point.x, point.y], 5, now.current));
    made.getCanvas().addEventListener("keydown", ({ key }) => {
      const { width, height } = made.getCanvas().getBoundingClientRect();
      if (key === "Enter") pick(made, [width / 2, height / 2], 24, now.current);
    });
    made.on("mousemove", ({ point }) => {
      if (!matchMedia("(hover: hover)").matches) return;
      const over = now.current.boxing ? undefined : under(made, [point.x, point.y], 3, now.current.drawn)[0];
      made.getCanvas().style.cursor = over ? "pointer" : "";
      setTip(over && { x: point.x, y: point.y, text: textOf(over, now.current) });
    });
    made.on("mouseout", () => setTip(undefined));
    made.on("dataloading", () => at.current?.setAttribute("aria-busy", "true"));
    made.once("load", () => at.current?.querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show"));
    made.on("idle", () => at.current?.setAttribute("aria-busy", "false"));
    setMap(made);
    now.current.onReady(made);
    return () => made.remove();
  }, []);

  useEffect(() => void map?.setStyle(props.style, { diff: true }), [map, props.style]);
  useEffect(() => (map && props.boxing ? followBox(map, (box) => now.current.onBox(box)) : undefined), [map, props.boxing]);
  useEffect(() => map?.getCanvas().setAttribute("aria-label", w.mapLabel), [map, w]);

  return (
    <div className={props.boxing ? "canvas boxing" : "canvas"}>
      <div className="canvas-map" ref={at} aria-busy="true" />
      {tip && (
        <div className="tip" style={{ left: tip.x, top: tip.y }} aria-hidden="true">
          {tip.text}
        </div>
      )}
      {broken && <p className="note">{w.webgl}</p>}
    </div>
  );
}

function create(container: HTMLElement, { hub, style, bounds, w }: CanvasProps & { w: ReturnType<typeof useWords> }): Map {
  const map = new Map({
    container,
    style,
    bounds,
    // The panel lies on the left of a wide page, and on top of a narrow one.
    fitBoundsOptions: { padding: innerWidth > 800 ? { left: 370, top: 30, right: 30, bottom: 100 } : { left: 16, top: 120, right: 16, bottom: 110 } },
    hash: "map",
    maxZoom: 20,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: { compact: true },
    locale: { "NavigationControl.ZoomIn": w.zoomIn, "NavigationControl.ZoomOut": w.zoomOut },
    transformRequest: (url) => (new URL(url).origin === location.origin ? { url, headers: headers(hub) } : { url }),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl(), "bottom-right");
  return map;
}

/** What is drawn about a pixel, the topmost first, each feature once. */
function under(map: Map, [x, y]: [number, number], around: number, drawn: Set<string>): MapGeoJSONFeature[] {
  const layers = map.getStyle().layers.flatMap((l) => (drawn.has(l.id) ? [l.id] : []));
  const found = map.queryRenderedFeatures([[x - around, y - around], [x + around, y + around]], { layers });
  return [...new globalThis.Map(found.map((f) => [f.properties.id, f] as const)).values()];
}

function pick(map: Map, at: [number, number], around: number, { drawn, boxing, onPick }: CanvasProps) {
  if (boxing) return;
  const found = under(map, at, around, drawn);
  const top = found[0];
  if (top?.properties.cluster && top.geometry.type === "Point") {
    map.easeTo({ center: top.geometry.coordinates as [number, number], zoom: map.getZoom() + 2 });
    return;
  }
  onPick(
    found
      .filter((f) => !f.properties.cluster)
      .map((f) => ({ id: f.properties.id, layer: f.sourceLayer!, label: f.properties.label ?? null })),
  );
}

function textOf({ properties }: MapGeoJSONFeature, { w, lang }: { w: ReturnType<typeof useWords>; lang: "vi" | "en" }) {
  return properties.cluster ? w.cluster(number(properties.point_count, lang)) : (properties.label ?? w.untitled);
}

/** What the hub said when it refused a tile; nothing for what was called off. */
async function faultOf(error: { name?: string; message: string; status?: number; body?: Blob }): Promise<Fault | undefined> {
  if (error.name === "AbortError") return undefined;
  if (error.body) {
    const said = await error.body.text().then(JSON.parse).catch(() => null);
    if (said?.code) return new Fault(said.code, said.message);
  }
  return new Fault(error.status === undefined || error.status === 0 ? "OFFLINE" : "UNAVAILABLE", error.message);
}
