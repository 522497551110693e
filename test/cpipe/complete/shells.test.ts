import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { known } from "../../../cpipe/complete/known.ts";
import { Terminal } from "../../terminal.ts";
import { Place, program } from "../program.ts";
import { entryOf, registryOf, writeRegistry } from "../registry.ts";

const place = new Place();
const home = join(place.root, "home");
const voices = join(place.root, "state/pipe-tools/voices");
const interfacesOf = (name: string) => [{ name, description: "", events: [], commands: [...(known[name] ?? [])] }];

before(() => {
  // Where the last of these folders is, fish does not go through all man pages first.
  const bin = join(place.root, "bin");
  for (const folder of [bin, join(home, "notes"), join(home, "work dir"), voices, join(place.root, "data/fish/generated_completions")]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(bin, "cpipe"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(bin, "cpipe"), 0o755);
  writeFileSync(join(home, "work dir", "speech.wav"), "");
  Object.assign(place.env, { PATH: `${bin}:${place.env["PATH"]}`, TERM: "xterm", LC_ALL: "C.UTF-8", XDG_CONFIG_HOME: join(home, ".config") });
  writeFileSync(join(voices, "tts.json"), JSON.stringify({ version: 1, voices: [{ name: "af_heart", languages: ["en-US", "en"] }] }));
  const entries = [entryOf("chat", place.pipes, { interfaces: interfacesOf("chat") }), entryOf("chatter", place.pipes), entryOf("tts", place.pipes, { interfaces: interfacesOf("tts") }), entryOf("vector", place.pipes, { kind: "vector", phase: "resting" })];
  writeRegistry(place, registryOf(place.pipes, entries));
  assert.equal(spawnSync("mkfifo", [join(place.pipes, "tool-upstream")]).status, 0);
});
after(() => place.close());

/** Each shell with nothing but our script, and a key that writes the line as it is into a file. */
const SHELLS: Readonly<Record<string, { argv: string[]; rc: string; file: string }>> = {
  bash: {
    file: ".bashrc",
    argv: ["bash", "--noprofile", "--rcfile", join(home, ".bashrc"), "-i"],
    rc: `PS1='> '\nbind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\ndump() { printf %s "$READLINE_LINE" > "$OUT"; echo '<dumped>'; }\nbind -x '"\\C-x\\C-d": dump'\nsource <(cpipe --completions bash)\ncd "$HOME"; echo '<ready>'\n`,
  },
  zsh: {
    file: ".zshrc",
    argv: ["zsh", "-i"],
    rc: `PS1='> '\nbindkey -e\nunsetopt beep\nautoload -Uz compinit; compinit -u -d "$HOME/.zcompdump"\ndump() { print -rn -- "$BUFFER" > "$OUT"; print '<dumped>'; }\nzle -N dump; bindkey '^X^D' dump\nsource <(cpipe --completions zsh)\ncd "$HOME"; print '<ready>'\n`,
  },
  fish: {
    file: ".config/fish/config.fish",
    argv: ["fish", "-i"],
    rc: `set -g fish_greeting\nfunction fish_prompt; echo -n '> '; end\nfunction dump; printf %s (commandline) > $OUT; echo '<dumped>'; end\nbind \\cx\\cd dump\ncpipe --completions fish | source\ncd $HOME; echo '<ready>'\n`,
  },
};

/** What is typed, then TAB, and what stands on the line then. */
const LINES: ReadonlyArray<{ typed: string; line: string }> = [
  { typed: "cpipe vec", line: "cpipe vector " },
  { typed: "cpipe upst", line: "cpipe upstream " },
  { typed: "cpipe chatter pin", line: "cpipe chatter ping " },
  { typed: "cpipe tts sile", line: "cpipe tts silence " },
  { typed: "cpipe vector coll", line: "cpipe vector collections " },
  { typed: "cpipe chat ask hello --tempe", line: "cpipe chat ask hello --temperature " },
  { typed: "cpipe tts say hello --form", line: "cpipe tts say hello --format " },
  { typed: "cpipe tts say hello --format s16", line: "cpipe tts say hello --format s16le " },
  { typed: "cpipe tts say hello --format=s16", line: "cpipe tts say hello --format=s16le " },
  { typed: "cpipe tts say hello --no-pl", line: "cpipe tts say hello --no-play " },
  { typed: "cpipe tts say 'two words' --path wo", line: "cpipe tts say 'two words' --path work\\ dir/" },
  { typed: "cpipe tts say hello --path=wo", line: "cpipe tts say hello --path=work\\ dir/" },
  { typed: "cpipe tts say hello --voice af_", line: "cpipe tts say hello --voice af_heart " },
  { typed: "cpipe supervisor restart chatt", line: "cpipe supervisor restart chatter " },
  { typed: "cpipe supervisor reload --dr", line: "cpipe supervisor reload --dry-run " },
  { typed: "cpipe chat ask hello --speak=t", line: "cpipe chat ask hello --speak=tts " },
  { typed: "cpipe --install-se", line: "cpipe --install-service " },
  { typed: "cpipe --completions zs", line: "cpipe --completions zsh " },
  { typed: "cpipe --logs chatt", line: "cpipe --logs chatter " },
  { typed: "cpipe --logs --level wa", line: "cpipe --logs --level warn " },
  { typed: "echo a=b | cpipe chatter pin", line: "echo a=b | cpipe chatter ping " },
  { typed: "FOO=bar cpipe vec", line: "FOO=bar cpipe vector " },
  { typed: 'cpipe tts say "it\'s a = b" --form', line: 'cpipe tts say "it\'s a = b" --format ' },
  { typed: "cpipe tts  say   hello --form", line: "cpipe tts  say   hello --format " },
  { typed: "cpipe -o jsonl chatter get_st", line: "cpipe -o jsonl chatter get_state " },
];

describe("completions", { concurrency: true }, () => {
  for (const [shell, { argv, rc, file }] of Object.entries(SHELLS)) {
    describe(`in ${shell}`, { concurrency: false }, () => {
      const dumped = join(place.root, `line-${shell}`);
      let terminal: Terminal;
      before(async () => {
        mkdirSync(join(home, ".config/fish"), { recursive: true });
        writeFileSync(join(home, file), rc);
        terminal = new Terminal(argv, { env: { ...place.env, ZDOTDIR: home, OUT: dumped }, columns: 100, rows: 40 });
        await terminal.type("", /<ready>.*> /); // with the prompt the keys are the editor's
      });
      after(() => terminal.close());

      /** The line after these keys; `screen` is what was shown meanwhile. */
      const completed = async (keys: string): Promise<{ line: string; screen: string }> => {
        rmSync(dumped, { force: true });
        const screen = await terminal.type(`${keys}\x18\x04`, /<dumped>/);
        await terminal.type("\x05\x15", /./);
        return { line: readFileSync(dumped, "utf8"), screen };
      };

      for (const { typed, line } of LINES) {
        it(`${typed} and TAB make ${line.trim()}`, async () => {
          assert.equal((await completed(`${typed}\t`)).line, line);
        });
      }

      it("all that is possible is shown with what it means", async () => {
        const { screen } = await completed("cpipe tts \t\t");
        for (const said of ["say", "silence", "Stop speaking at once", "voices", "List the voices"]) assert.ok(screen.includes(said), `${said} in ${screen}`);
      });

      it("what stands behind the cursor stays", async () => {
        const { line } = await completed(`cpipe chat ask --tempe and more${"\x02".repeat(9)}\t`);
        assert.equal(line.replaceAll(/ +/g, " "), "cpipe chat ask --temperature and more"); // zsh adds a blank of its own
      });

      it("what cannot be completed stays as it is", async () => {
        assert.equal((await completed("cpipe nosuch nosuch no\t")).line, "cpipe nosuch nosuch no");
      });
    });
  }
});
