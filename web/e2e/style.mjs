// Reads {name: style} from standard input and holds each to the MapLibre Style
// Specification; says what is wrong and fails.
import { text } from "node:stream/consumers";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";

let wrong = 0;
for (const [name, style] of Object.entries(JSON.parse(await text(process.stdin)))) {
  for (const error of validateStyleMin(style)) {
    console.error(`${name}: ${error.message}`);
    wrong++;
  }
}
process.exit(wrong > 0 ? 1 : 0);
