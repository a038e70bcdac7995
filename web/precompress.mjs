// Keeps each built file but the pages as .gz alone: web.go unpacks it for the
// rare client that takes no gzip, and the binary carries a quarter of the bytes.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";

const dist = join(import.meta.dirname, "dist");
let raw = 0;
let packed = 0;
for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name);
  if (name.endsWith(".html") || !statSync(file).isFile()) continue;
  const bytes = readFileSync(file);
  const gz = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(`${file}.gz`, gz);
  rmSync(file);
  raw += bytes.length;
  packed += gz.length;
}
console.log(`dist: ${(raw / 1e6).toFixed(2)} MB, gzip ${(packed / 1e6).toFixed(2)} MB`);

// Vite emptied dist; go:embed of a checkout without a build needs the folder.
writeFileSync(join(dist, ".keep"), "");
