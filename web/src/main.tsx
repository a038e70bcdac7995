import "graphiql/setup-workers/vite";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { loadConsole } from "./console";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./style.css";

const root = document.getElementById("root")!;
try {
  const console = await loadConsole();
  createRoot(root).render(<App console={console} />);
} catch (error) {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = `Không mở được bảng truy vấn. · The console could not start: ${error}`;
  root.replaceChildren(note);
}
