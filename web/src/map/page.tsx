import type { Map as MapLibre } from "maplibre-gl";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Console } from "../console";
import { useAnswer } from "./answer";
import { polygonOf, viewOf, type Box } from "./box";
import { Canvas, type Picked } from "./canvas";
import { Card } from "./card";
import { loadCatalogue, loadFigures, type Layer } from "./catalogue";
import { Notice } from "./faults";
import { loadFeature } from "./feature";
import type { Fault, Hub } from "./hub";
import { Layers } from "./layers";
import { readPlace, useAddress } from "./place";
import { Search } from "./search";
import { Selection } from "./selection";
import { composed, legends, loadStyle } from "./style";
import { Time } from "./time";
import { firstKey, keepKey, ViewerPicker } from "./viewer";
import { LangContext, words } from "./words";

/** How often what is shown of the present is asked for again. */
const refreshed = 30_000;

export function MapPage({ console }: { console: Console }) {
  const [place] = useState(readPlace);
  const [lang, setLang] = useState(place.lang);
  const [key, setKey] = useState(() => firstKey(console.keys));
  const [on, setOn] = useState(place.on);
  const [asOf, setAsOf] = useState(place.asOf);
  const [picked, setPicked] = useState<Picked[]>([]);
  const [chosen, setChosen] = useState(place.feature);
  const [boxing, setBoxing] = useState(false);
  const [box, setBox] = useState<Box | null>(null);
  const [panel, setPanel] = useState(false);
  const [mapFault, setMapFault] = useState<Fault>();
  const map = useRef<MapLibre>(undefined);
  const w = words[lang];
  useAddress({ lang, on, asOf, feature: chosen });
  useEffect(() => {
    document.documentElement.lang = lang;
    document.title = `${w.title} · GeoHub`;
  }, [lang]);

  const hub = useMemo<Hub>(() => ({ endpoint: console.endpoint, key }), [console, key]);
  const catalogue = useAnswer((signal) => loadCatalogue(hub, lang, signal), [hub, lang]);
  // A style with the key it was asked with: another viewer's is not drawn meanwhile.
  const style = useAnswer(async (signal) => ({ hub, style: await loadStyle(hub, lang, asOf, signal) }), [hub, lang, asOf]);
  const drawn = style.value?.hub === hub ? style.value.style : undefined;
  const layers = catalogue.value ?? [];
  const active = useMemo(() => new Set(drawn ? legends(drawn).flatMap((l) => (l.active ? [l.layer] : [])) : []), [drawn]);
  const figures = useAnswer(
    (signal) => (drawn ? loadFigures(hub, asOf, [...active], signal) : undefined),
    [hub, asOf, drawn === undefined],
  );

  const shown = useMemo(() => {
    const all = drawn ? legends(drawn) : [];
    return new Set(all.map((l) => l.layer).filter((l) => on.includes(l)));
  }, [drawn, on]);
  const show = (next: Set<string>) => setOn([...next].sort());

  const layer = chosen ? layers.find((l) => lowerCamel(l.name) === chosen.split(":")[0]) : undefined;
  const feature = useAnswer(
    (signal) => (chosen && layer ? loadFeature(hub, layer, chosen, lang, asOf, signal) : undefined),
    [hub, chosen, layer, lang, asOf],
  );
  const geometry = chosen ? (feature.value?.geometry ?? null) : null;
  const canvasStyle = useMemo(
    () => drawn && composed(drawn, shown, geometry, box && polygonOf(box)),
    [drawn, shown, geometry, box],
  );
  const pickable = useMemo(
    () => new Set(drawn ? legends(drawn).flatMap((l) => (shown.has(l.layer) ? l.drawn : [])) : []),
    [drawn, shown],
  );
  useEffect(() => setMapFault(undefined), [canvasStyle]);

  // What is shown of the present moves on.
  useEffect(() => {
    if (asOf) return;
    const timer = setInterval(() => {
      if (document.hidden) return;
      figures.again();
      for (const source of shown) if (map.current?.getSource(source)) map.current.refreshTiles(source);
    }, refreshed);
    return () => clearInterval(timer);
  }, [asOf, shown, figures.again]);

  const pick = useCallback((found: Picked[]) => {
    setPicked(found);
    setChosen(found[0]?.id ?? null);
    setBoxing(false);
    if (found.length > 0) setPanel(false);
  }, []);
  // On a phone the sheet lies over the lower half: what it tells of stays to be seen.
  useEffect(() => {
    const { position } = feature.value ?? {};
    if (position && narrow()) map.current?.easeTo({ center: [position.lon, position.lat], offset: seen() });
  }, [feature.value?.id]);
  const goTo = (found: Picked, position: { lon: number; lat: number } | null) => {
    const field = layers.find((l) => l.name === found.layer)?.field;
    if (field && !shown.has(field)) show(new Set([...shown, field]));
    pick([found]);
    if (position) {
      const zoom = Math.max(12, map.current?.getZoom() ?? 0);
      map.current?.flyTo({ center: [position.lon, position.lat], zoom, offset: seen(), duration: 800 });
    }
  };
  const selectBox = (selected: Box) => {
    setBox(selected);
    setBoxing(false);
    setChosen(null);
    setPanel(false);
  };

  const faults: [Fault | undefined, () => void][] = [
    [catalogue.fault, catalogue.again],
    [style.fault, style.again],
    [figures.fault, figures.again],
    [mapFault, () => shown.forEach((source) => map.current?.refreshTiles(source))],
  ];
  const fault = faults.find(([f]) => f);

  return (
    <LangContext value={lang}>
      <main className="page">
        {canvasStyle && drawn && (
          <Canvas
            key={key} hub={hub} style={canvasStyle} bounds={drawn.metadata["hub:bounds"]} drawn={pickable} boxing={boxing}
            onBox={selectBox} onPick={pick} onFault={setMapFault} onReady={(made) => (map.current = made)}
          />
        )}

        <div className={panel ? "panel open" : "panel"}>
          <header className="bar">
            <h1>
              GeoHub <span>Huế</span>
            </h1>
            <button type="button" className="quiet" onClick={() => setLang(lang === "vi" ? "en" : "vi")} lang={lang === "vi" ? "en" : "vi"}>
              {lang === "vi" ? "English" : "Tiếng Việt"}
            </button>
            <button type="button" className="toggle" aria-expanded={panel} aria-label={panel ? w.close : w.open} onClick={() => setPanel(!panel)}>
              {panel ? "×" : "☰"}
            </button>
          </header>
          <Search hub={hub} asOf={asOf} titleOf={(name) => layers.find((l) => l.name === name)?.title ?? ""} onChoose={goTo} />
          <div className="body">
            <div className="tools">
              <button type="button" aria-pressed={boxing} onClick={() => { setBoxing(!boxing); setPanel(false); }}>
                {w.box}
              </button>
              <a href=".">{w.console}</a>
            </div>
            {drawn && (
              <Layers
                legends={legends(drawn)} figures={figures.value} on={shown}
                hidden={Math.max(0, layers.length - legends(drawn).length)} onChange={show}
              />
            )}
            <ViewerPicker
              keys={console.keys} value={key}
              onChange={(next) => {
                keepKey(next);
                setMapFault(undefined);
                setKey(next);
              }}
            />
          </div>
        </div>

        <div className="notices" aria-live="polite">
          {fault?.[0] && <Notice fault={fault[0]} again={fault[1]} />}
          {boxing && (
            <div className="hint">
              {w.boxHint}{" "}
              <button type="button" onClick={() => map.current && selectBox(viewOf(map.current))}>
                {w.boxView}
              </button>
            </div>
          )}
        </div>

        {chosen && layer && (
          <Card
            layer={layer} answer={feature} others={picked.filter((p) => p.id !== chosen)}
            onPick={(p) => setChosen(p.id)} onClose={() => pick([])}
          />
        )}
        {box && !(chosen && layer) && (
          <Selection
            hub={hub} box={box} asOf={asOf} active={active} layers={layers.filter((l: Layer) => shown.has(l.field))}
            colourOf={(field) => drawn && legends(drawn).find((l) => l.layer === field)?.colour}
            onPick={(p) => pick([p])} onClose={() => setBox(null)}
          />
        )}
        <Time asOf={asOf} onChange={setAsOf} />
      </main>
    </LangContext>
  );
}

const narrow = () => innerWidth <= 800;

/** How far the middle of what is seen lies from that of the map. */
const seen = (): [number, number] => (narrow() ? [0, -innerHeight / 5] : [0, 0]);

/** CAMERA_EVENT → cameraEvent, as ids begin. */
function lowerCamel(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
