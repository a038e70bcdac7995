import { createRoot } from "react-dom/client";
import { loadConsole } from "../console";
import { MapPage } from "./page";
import "@fontsource/be-vietnam-pro/400.css";
import "@fontsource/be-vietnam-pro/600.css";
import "maplibre-gl/dist/maplibre-gl.css";
import "./base.css";
import "./map.css";

const root = document.getElementById("root")!;
try {
  const console = await loadConsole();
  createRoot(root).render(<MapPage console={console} />);
} catch (error) {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = `Không mở được bản đồ: máy chủ có đang chạy không? · The map could not start; is the hub running? (${error})`;
  root.replaceChildren(note);
}
