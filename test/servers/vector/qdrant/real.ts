import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

export interface RealServer extends AsyncDisposable {
  readonly uri: string;
  readonly apiKey: string | null;
}

/** A real Qdrant server, where there is one: at `$QDRANT_URL` (with `$QDRANT_API_KEY`), or a program `qdrant` that can be started. */
export function realServer(): { readonly title: string; start(): Promise<RealServer> } | null {
  const url = process.env["QDRANT_URL"];
  if (url !== undefined && url !== "") {
    return { title: `at ${url}`, start: () => Promise.resolve({ uri: `qdrant+${url}`, apiKey: process.env["QDRANT_API_KEY"] ?? null, [Symbol.asyncDispose]: () => Promise.resolve() }) };
  }
  const program = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "qdrant")).find(isExecutable);
  return program === undefined ? null : { title: program, start: () => start(program) };
}

async function start(program: string): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), "pipe-tools-qdrant-"));
  const [http, grpc] = [await freePort(), await freePort()];
  const env = { ...process.env, QDRANT__SERVICE__HOST: "127.0.0.1", QDRANT__SERVICE__HTTP_PORT: String(http), QDRANT__SERVICE__GRPC_PORT: String(grpc), QDRANT__TELEMETRY_DISABLED: "true" };
  const child = spawn(program, [], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => line.includes("HTTP listening") && resolve());
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  await listening;
  return {
    uri: `qdrant+http://127.0.0.1:${http}`,
    apiKey: null,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
