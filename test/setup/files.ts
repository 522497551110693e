import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

type Versions = Readonly<Record<string, string>>;

/** What the tests read of package.json. */
export interface Manifest {
  readonly version: string;
  readonly bin: Versions;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly scripts: Versions;
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

/** One package in package-lock.json; the key "" is our own. */
export interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly os?: readonly string[];
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: Versions;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
}

export const manifest = JSON.parse(textOf("package.json")) as Manifest;
export const locked = (JSON.parse(textOf("package-lock.json")) as { packages: Record<string, Locked> }).packages;
