import type { Field } from "./catalogue";
import { words, type Lang } from "./words";

const locale = { vi: "vi-VN", en: "en-GB" };
const zone = "Asia/Ho_Chi_Minh";

export function number(n: number, lang: Lang, digits = 2): string {
  return n.toLocaleString(locale[lang], { maximumFractionDigits: digits });
}

/** A moment as the province's clocks show it. */
export function moment(iso: string, lang: Lang): string {
  return new Date(iso).toLocaleString(locale[lang], { dateStyle: "short", timeStyle: "short", timeZone: zone });
}

function day(iso: string, lang: Lang): string {
  return new Date(`${iso}T00:00:00+07:00`).toLocaleDateString(locale[lang], { dateStyle: "medium", timeZone: zone });
}

/** A field's value with its unit; null when there is none to show. */
export function value(v: unknown, field: Field, lang: Lang): string | null {
  if (v === null || v === undefined || v === "") return null;
  if (Array.isArray(v)) return v.length === 0 ? null : v.map((one) => value(one, field, lang)).join(", ");
  const type = field.type.replace(/[[\]!]/g, "");
  if (typeof v === "boolean") return v ? words[lang].yes : words[lang].no;
  if (typeof v === "number") {
    if (field.unit === "1") return v.toLocaleString(locale[lang], { style: "percent", maximumFractionDigits: 1 });
    return field.unit ? `${number(v, lang)} ${unit(field.unit)}` : number(v, lang);
  }
  if (type === "DateTime") return moment(String(v), lang);
  if (type === "Date") return day(String(v), lang);
  return field.values?.find((e) => e.value === v)?.title ?? String(v);
}

/** A unit by UCUM as people write it: m3/s → m³/s. */
function unit(ucum: string): string {
  const known: Record<string, string> = { deg: "°", Cel: "°C", "[kn_i]": "kn", "%": "%", "[nmi_i]": "nmi" };
  return known[ucum] ?? ucum.replace(/^u(?=[a-z])/, "µ").replace(/([a-z])([23])/g, (_, l, n) => l + (n === "2" ? "²" : "³"));
}
