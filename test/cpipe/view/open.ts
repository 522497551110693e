import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Place, program } from "../program.ts";
import { Tmux } from "../terminal/tmux.ts";

export const socketOf = (at: Place): string => join(at.root, "run/pipe-tools/view.sock");

/** A terminal with a viewer in it, and what it says after that has ended. */
export async function open(t: { after(fn: () => Promise<void>): void }, { pipe = "", args = "", env = {}, columns = 80, rows = 24, wait = "following" } = {}): Promise<{ tmux: Tmux; socket: string; at: Place }> {
  const at = new Place();
  mkdirSync(join(at.root, "home"));
  const line = `cd "$HOME"; ${pipe} "${process.execPath}" "${program}" --view ${args}; echo "code $?"; stty -a | grep -o -- '-*icanon'; exec cat`;
  const tmux = new Tmux(at.root, line, { ...at.env, ...env }, columns, rows);
  t.after(async () => {
    await tmux.close();
    await at.close();
  });
  await tmux.shows(wait);
  return { tmux, socket: socketOf(at), at };
}

export async function writer(socket: string): Promise<Socket> {
  const connection = connect(socket);
  await once(connection, "connect");
  return connection;
}

export async function send(socket: string, text: string): Promise<void> {
  const connection = await writer(socket);
  connection.end(text);
  await once(connection.resume(), "close");
}

export const tokens = (...texts: string[]): string => texts.map((text) => `${JSON.stringify({ event: "token", text, done: false })}\n`).join("");

/** The shell's only child. */
export async function viewerPid(shell: number): Promise<number> {
  return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim());
}
