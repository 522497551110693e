// `npm start`: set up what is stale, then become the daemon in the foreground.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, say, setUp } from "./setup.mjs";

await setUp();
bringSpeech();
process.argv = [process.argv[0], join(root, "dist/daemon/main.js"), "--foreground", ...process.argv.slice(2)];
await import("../dist/daemon/main.js");

/** What stt understands English with, while there is a network; beside the daemon, which does not wait for it. Found on most starts at once. */
function bringSpeech() {
  const bringing = spawn(process.execPath, [join(root, "dist/servers/stt/pocketsphinx/main.js")], { stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  bringing.stderr.setEncoding("utf8").on("data", (text) => {
    if (words === "" && text.startsWith("pocketsphinx: ")) say("bringing pocketsphinx for stt …");
    words += text;
  });
  bringing.on("error", () => undefined); // stt says so when it is needed
  bringing.on("close", (code) => {
    if (code === 0 && words !== "") say("pocketsphinx is there");
    else if (code !== 0 && code !== null) say(words.trim().split("\n").at(-1) ?? "");
  });
  bringing.unref();
  bringing.stderr.unref();
  process.once("exit", () => bringing.kill());
}
