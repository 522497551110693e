import { ToolClient } from "pipe-tools/client";

// Adds a few rows and looks for one of them:  npx tsx examples/search.ts "where is the key?"
const query = process.argv[2] ?? "where is the key?";
const collection = "example";

const vector = await ToolClient.connect("vector");
await vector.call("add_many", {
  collection,
  items: [
    { id: "key", text: "The spare key is under the mat.", metadata: { room: "hall", since: 2024 } },
    { id: "wine", text: "The good wine is behind the flour.", metadata: { room: "kitchen", since: 2021 } },
    { id: "drill", text: "The drill is in the red box.", metadata: { room: "cellar", since: 2023 } },
  ],
});
const { hits } = await vector.call("search", { collection, query, k: 2, filter: { since: { $gte: 2022 } } });
for (const { id, score, text } of hits as { id: string; score: number; text: string }[]) console.log(`${score.toFixed(2)}  ${id}: ${text}`);
await vector.close();
