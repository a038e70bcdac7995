// Reads a subgraph's SDL on standard input and composes it alone: prints "ok",
// or the errors and exits with 1.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const typeDefs = parse(readFileSync(0, "utf8"));
const result = composeServices([{ name: "hub", url: "http://hub.example/graphql", typeDefs }]);
if (result.errors?.length) {
  for (const e of result.errors) console.error(e.message);
  process.exit(1);
}
console.log("ok");
