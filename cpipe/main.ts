import { isatty } from "node:tty";
import { initConfig } from "../pipes/client/init.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { packageVersion } from "../pipes/protocol/package.ts";
import { places } from "../pipes/protocol/places.ts";
import { outliveTerminals } from "../pipes/transport/terminals.ts";
import { parseArguments, type Task } from "./arguments.ts";
import { call } from "./commands/call.ts";
import { clear } from "./commands/clear.ts";
import { answer, script } from "./commands/complete.ts";
import { help } from "./commands/help.ts";
import { renderListing, takeStock } from "./commands/list.ts";
import { mcp, mcpConfig } from "./commands/mcp.ts";
import { logs } from "./commands/logs.ts";
import { serve } from "./commands/serve.ts";
import { installService, serviceFile, uninstallService } from "./commands/service.ts";
import { installSkill } from "./commands/skill.ts";
import { talk } from "./commands/talk.ts";
import { asksForJson } from "./json.ts";
import { Output, say } from "./output.ts";
import { failureLine } from "./render.ts";
import { Interruption } from "./signals.ts";
import { stdio } from "./stdio/stdio.ts";
import { styleFor } from "./style.ts";
import { withSuggestion } from "./target.ts";

const out = new Output(1);
const interruption = new Interruption();
let task: Task | null = null;
let code = 0;
const json = asksForJson(process.argv.slice(2));
outliveTerminals();
out.onEnd((failure) => {
  if (failure !== null && failure.code === "EIO" && out.tty) return interruption.end("SIGHUP"); // the terminal was closed
  if (failure !== null) say(`standard output: ${failure.message}`);
  code = failure === null ? 0 : 1;
  interruption.end("output");
});

void main();

async function main(): Promise<void> {
  try {
    task = parseArguments(process.argv.slice(2), process.argv.length === 2 && out.tty && isatty(0) && process.env["TERM"] !== "dumb");
    await perform(task);
    if (task.kind !== "serve") await finish();
  } catch (thrown) {
    await printed();
    code = report(ToolError.from(thrown, "handler-failed", { cmd: "cpipe" }));
    await finish();
  }
}

async function perform(task: Task): Promise<void> {
  switch (task.kind) {
    case "call":
      interruption.listen();
      return call(task, out, interruption);
    case "converse": {
      if (!out.tty || !isatty(0)) throw task.otherwise;
      const { converse } = await import("./chat/chat.ts"); // not loaded for anything else
      interruption.listen();
      return converse(task, out, interruption);
    }
    case "talk":
      interruption.listen();
      return talk(task, out, interruption);
    case "mcp":
      if (task.print) return out.write(mcpConfig(task.only));
      interruption.listen();
      return mcp(task.only, interruption.signal);
    case "install-skill":
      return out.write(installSkill(task.folder, task.force));
    case "view": {
      const { view } = await import("./view/viewer.ts"); // not loaded for anything else
      interruption.listen();
      return view(task.socket, out, interruption);
    }
    case "top": {
      const { top } = await import("./top/dashboard.ts"); // not loaded for anything else
      interruption.listen();
      return top(out, interruption);
    }
    case "stdio":
      interruption.listen();
      return stdio(out, interruption);
    case "help":
      interruption.listen();
      return out.write(await help(task.tool, task.cmd, task.options, interruption.signal, { json, width: styleFor(out.tty).width }));
    case "list": {
      const listing = takeStock(task.folder, task.pids);
      return out.write(task.json ? `${JSON.stringify(listing)}\n` : renderListing(listing, styleFor(out.tty), Date.now()));
    }
    case "conversations":
    case "templates": {
      const { kept } = await import("./commands/kept.ts"); // not loaded for anything else
      return out.write(kept(task, out.tty, styleFor(out.tty)));
    }
    case "logs":
      interruption.listen();
      return logs(task, out, interruption.signal);
    case "complete":
      return out.write(answer(task.words));
    case "completions":
      return out.write(script(task.shell));
    case "clear":
      return out.write(await clear(task.folder, task.json));
    case "serve":
      return serve(task.target, task.rest);
    case "init": {
      const { path, created } = initConfig(places());
      if (json) return out.write(`${JSON.stringify({ path, created })}\n`);
      return out.write(created ? `${path}\n` : `${path} is there already; it was left as it is\n`);
    }
    case "install-service":
      return out.write(await installService(task.force));
    case "uninstall-service":
      return out.write(await uninstallService(task.force));
    case "print-service":
      return out.write(serviceFile());
    case "version":
      return out.write(json ? `${JSON.stringify({ version: packageVersion() })}\n` : `${packageVersion()}\n`);
  }
}

/** Says what went wrong, unless it was the user who ended it. Returns the exit code. */
function report(error: ToolError): number {
  if (interruption.by === "output") return code;
  if (interruption.exitCode !== null) return interruption.exitCode;
  const tool = task !== null && (task.kind === "call" || task.kind === "converse" || task.kind === "help") ? task.tool : null;
  const told = tool === null ? error : withSuggestion(error, tool);
  if (json) out.write(failureLine(error, told));
  say(told.message);
  return told.exitCode;
}

/** What was printed before a failure stands before it; a reader that pauses (`| less`) holds the news up for a moment only. */
async function printed(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([out.drained(), aborted(), new Promise((resolve) => (timer = setTimeout(resolve, 500)))]);
  clearTimeout(timer);
}

/** What was printed gets out before the process ends; after a signal, as far as its reader takes it at once. */
async function finish(): Promise<void> {
  await Promise.race([out.drained(), aborted()]);
  if (out.busy) await Promise.race([out.drained(), new Promise((resolve) => setTimeout(resolve, 50))]);
  if (out.busy) interruption.die();
  process.exit(interruption.exitCode ?? code);
}

function aborted(): Promise<void> {
  return new Promise((resolve) => {
    if (interruption.signal.aborted) resolve();
    else interruption.signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
