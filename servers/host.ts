import Module, { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../pipes/protocol/package.ts";
import { PERMANENT_FAILURE, runServer, ToolServer } from "../pipes/server.ts";

/**
 * Runs a user's own module as a server: `host.js ./my-tool.ts`. The module's default export is a class that extends
 * ToolServer, a ToolServer, or a function that makes one; a module without one is expected to serve by itself.
 */
const [, , file] = process.argv;
if (file === undefined) fail("usage: host.js MODULE");
redirectOwnPackage();
let exported: unknown;
try {
  exported = ((await import(pathToFileURL(resolve(file)).href)) as { default?: unknown }).default;
} catch (error) {
  fail(`${error instanceof Error ? error.stack : String(error)}\nerror: ${file} cannot be loaded: ${inShort(error)}`);
}
if (exported !== undefined) await runServer(await serverOf(exported));

async function serverOf(exported: unknown): Promise<ToolServer> {
  if (exported instanceof ToolServer) return exported;
  if (typeof exported === "function") {
    const made: unknown = isServerClass(exported) ? new exported() : await (exported as () => unknown)();
    if (made instanceof ToolServer) return made;
  }
  return fail(`${file}: its default export is no server; expected a class that extends ToolServer, a ToolServer, or a function that returns one`);
}

function isServerClass(value: object): value is new () => ToolServer {
  return value === ToolServer || Object.prototype.isPrototypeOf.call(ToolServer, value);
}

/**
 * A user's folder has no node_modules with us in it, and must get this very library, not a copy of it. Nor has it a
 * package.json that says `module`, without which tsx would take a .ts file for CommonJS, which asks no hooks.
 */
function redirectOwnPackage(): void {
  const folder = `${packageRoot()}/dist/pipes/`;
  const files: Record<string, string> = { "pipe-tools": "index.js", "pipe-tools/server": "server.js", "pipe-tools/client": "client.js" };
  const urls = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, pathToFileURL(folder + path).href]));
  const hooks = `
    const urls = ${JSON.stringify(urls)};
    export async function resolve(specifier, context, next) {
      if (Object.hasOwn(urls, specifier)) return { url: urls[specifier], format: "module", shortCircuit: true };
      const found = await next(specifier, context);
      return /^file:.*\\.ts($|\\?)/.test(found.url) ? { ...found, format: "module" } : found;
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  // Node 20 has no hook for `require`.
  const loader = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const resolveFilename = loader._resolveFilename.bind(Module);
  loader._resolveFilename = (request, ...rest) => (Object.hasOwn(files, request) ? folder + files[request] : resolveFilename(request, ...rest));
}

/** One line for the list, below the whole story. */
function inShort(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error);
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(PERMANENT_FAILURE);
}
