import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    // Monaco is one piece by nature; its size is no news.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: { index: "index.html", map: "map.html" },
      output: {
        // Fonts keep their names: the hub's /style.json points at them (fontsAt in tiles/style.go).
        assetFileNames: ({ names }) =>
          names.some((n) => n.startsWith("be-vietnam-pro-")) ? "fonts/[name][extname]" : "assets/[name]-[hash][extname]",
      },
      onwarn(warning, warn) {
        // "use client" means nothing outside a server's bundle.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
  worker: { format: "es" },
});
