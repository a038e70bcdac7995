import { useGraphiQL } from "@graphiql/react";
import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { useMemo } from "react";
import type { Console, Key } from "./console";
import { headersFor, keyIn, withKey } from "./headers";
import { hasTabs, storageFor } from "./storage";

export function App({ console }: { console: Console }) {
  const props = useMemo(() => graphiqlProps(console), [console]);
  return (
    <GraphiQL {...props}>
      <GraphiQL.Logo>
        <span className="geohub-logo">
          {console.keys.length > 0 && <KeyPicker keys={console.keys} />}
          <a href="map">Bản đồ · Map</a>
          <strong>GeoHub</strong> · Huế
        </span>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/** Says as whom the open tab asks, and changes it. */
function KeyPicker({ keys }: { keys: Key[] }) {
  const { tabs, activeTabIndex, headerEditor } = useGraphiQL((state) => ({
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
    headerEditor: state.headerEditor,
  }));
  const key = keyIn(tabs[activeTabIndex]?.headers ?? null);
  const known = keys.some((k) => k.key === key);
  return (
    <select
      className="geohub-key"
      aria-label="Hỏi với vai trò · Ask as"
      title="Thẻ này hỏi với vai trò · This tab asks as"
      value={known ? key : ""}
      onChange={(event) => headerEditor?.setValue(withKey(headerEditor.getValue(), event.target.value))}
    >
      {!known && <option value="">{key ? "Khoá khác · Other key" : "Không khoá · No key"}</option>}
      {keys.map((k) => (
        <option key={k.name} value={k.key}>
          {k.title}
        </option>
      ))}
    </select>
  );
}

function graphiqlProps({ endpoint, keys, examples, version }: Console) {
  const storage = storageFor(version);
  const url = new URL(endpoint, location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol === "https:" ? "wss:" : "ws:";

  const last = keys.at(-1);
  const headers = last ? headersFor(last.key) : "";
  // The schema is asked for before the headers editor is there to be read.
  const ask = createGraphiQLFetcher({ url: url.href, enableIncrementalDelivery: false });
  const askSchema: Fetcher = (params, options) =>
    ask(params, { ...options, headers: options?.headers ?? (last && JSON.parse(headers)) });
  const tabs = examples.map(({ query, variables }) => ({
    query,
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    headers,
  }));
  return {
    fetcher: createGraphiQLFetcher({
      url: url.href,
      subscriptionUrl: socket.href,
      // One answer in one piece: asking for multipart would lose
      // application/graphql-response+json.
      enableIncrementalDelivery: false,
      schemaFetcher: askSchema,
    }),
    storage,
    defaultTabs: tabs.length > 0 ? tabs : undefined,
    // GraphiQL fills the first tab's variables from storage alone.
    initialVariables: hasTabs(storage) ? undefined : (tabs[0]?.variables ?? undefined),
    defaultHeaders: headers,
    defaultEditorToolsVisibility: true,
    shouldPersistHeaders: true,
  };
}
