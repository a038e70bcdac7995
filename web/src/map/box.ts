import { Point, type Map, type MapMouseEvent, type MapTouchEvent } from "maplibre-gl";
import type { Feature } from "geojson";

/** West, south, east, north. */
export type Box = [number, number, number, number];

export function polygonOf([w, s, e, n]: Box): Feature {
  const ring = [[w, s], [e, s], [e, n], [w, n], [w, s]];
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}

export function viewOf(map: Map): Box {
  const b = map.getBounds();
  return rounded([b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]);
}

/** Lets drags draw boxes, by mouse and by finger, until it is called off. */
export function followBox(map: Map, drawn: (box: Box) => void): () => void {
  const frame = document.createElement("div");
  frame.className = "box-frame";
  let from: Point | undefined;

  const begin = (e: MapMouseEvent | MapTouchEvent) => {
    from = e.point;
    map.getContainer().append(frame);
    move(e);
  };
  const move = (e: MapMouseEvent | MapTouchEvent) => {
    if (!from) return;
    const [x, y] = [Math.min(from.x, e.point.x), Math.min(from.y, e.point.y)];
    frame.style.transform = `translate(${x}px, ${y}px)`;
    frame.style.width = `${Math.abs(e.point.x - from.x)}px`;
    frame.style.height = `${Math.abs(e.point.y - from.y)}px`;
  };
  const end = (e: MapMouseEvent | MapTouchEvent) => {
    frame.remove();
    const start = from;
    from = undefined;
    if (!start || Math.abs(e.point.x - start.x) < 4 || Math.abs(e.point.y - start.y) < 4) return;
    const [a, b] = [map.unproject(start), map.unproject(e.point)];
    drawn(rounded([Math.min(a.lng, b.lng), Math.min(a.lat, b.lat), Math.max(a.lng, b.lng), Math.max(a.lat, b.lat)]));
  };

  map.dragPan.disable();
  map.boxZoom.disable();
  const followed = [
    map.on("mousedown", begin), map.on("mousemove", move), map.on("mouseup", end),
    map.on("touchstart", begin), map.on("touchmove", move), map.on("touchend", end),
  ];
  return () => {
    frame.remove();
    for (const one of followed) one.unsubscribe();
    map.dragPan.enable();
    map.boxZoom.enable();
  };
}

/** A decimetre is close enough, and the box can be read. */
const rounded = (box: Box) => box.map((c) => Math.round(c * 1e6) / 1e6) as Box;
