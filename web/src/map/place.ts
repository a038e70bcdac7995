import { useEffect } from "react";
import type { Lang } from "./words";

/** What an address of the page holds beside the camera, which MapLibre keeps in `map`. */
export interface Place {
  lang: Lang;
  /** The layers that are on. */
  on: string[];
  asOf: string | null;
  feature: string | null;
}

/** What a first look shows: how the province fares now. */
const first = ["alerts", "cameras", "dams", "stations", "vessels"];

export function readPlace(): Place {
  const hash = new URLSearchParams(location.hash.slice(1));
  const asOf = hash.get("asOf");
  return {
    lang: hash.get("lang") === "en" ? "en" : "vi",
    on: hash.get("layers")?.split(",").filter(Boolean) ?? first,
    asOf: asOf && !Number.isNaN(Date.parse(asOf)) ? asOf : null,
    feature: hash.get("feature"),
  };
}

/** Keeps the address such that it can be sent to somebody; the key is never in it. */
export function useAddress({ lang, on, asOf, feature }: Place) {
  useEffect(() => {
    const hash = new URLSearchParams(location.hash.slice(1));
    const say = (name: string, value: string | null) => (value ? hash.set(name, value) : hash.delete(name));
    say("lang", lang === "en" ? "en" : null);
    if (on.join() !== first.join()) hash.set("layers", on.join(","));
    say("asOf", asOf);
    say("feature", feature);
    const text = hash.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");
    history.replaceState(history.state, "", text ? `#${text}` : location.pathname);
  }, [lang, on.join(), asOf, feature]);
}
