import assert from "node:assert/strict";
import { test } from "node:test";
import { ToolClient, type ToolEvent } from "../../../pipes/client.ts";
import { makeWorld, type Running } from "../../harness.ts";
import { withTts } from "./served.ts";

/** A server without any sound system. */
async function withoutSound(use: (client: ToolClient, events: ToolEvent[], server: Running) => Promise<void>): Promise<void> {
  const world = makeWorld();
  const server = await world.serve("servers/tts/main.ts", "tts", { PULSE_SERVER: `unix:${world.folder}/none`, ALSA_CONFIG_PATH: "/dev/null", AUDIODRIVER: "none", PIPEWIRE_REMOTE: `${world.folder}/none` });
  const client = await ToolClient.connect("tts", { folder: world.pipes });
  const events: ToolEvent[] = [];
  client.on("event", (event: ToolEvent) => events.push(event));
  try {
    await use(client, events, server);
  } finally {
    await client.close();
    await server.kill();
    await world.close();
  }
}

test("Without a loudspeaker `say` fails with its name, `text` by the state and the log, and what is not played goes on", async () => {
  await withoutSound(async (client, events, server) => {
    await assert.rejects(client.call("say", { text: "Hello" }), { code: "device-failed" });
    const told = new Promise<ToolEvent>((resolve) => client.on("event", (event: ToolEvent) => event.event === "state_changed" && event["reason"] !== undefined && resolve(event)));
    assert.equal((await client.call("text", { data: "This is not heard. This neither. " })).event, "ok");
    await client.call("flush");
    const { state, reason } = await told;
    assert.equal(state, "idle");
    assert.match(String(reason), /^text was not spoken: .*loudspeaker/);
    const line = JSON.parse(await server.line((text) => text.includes("text was not spoken"))) as Record<string, unknown>;
    assert.equal(line["sentences"], 2);
    assert.ok(!events.some(({ event }) => event.startsWith("speech")));
    const reply = client.receiveAudio("say", { text: "Hello", play: false });
    let bytes = 0;
    for await (const chunk of reply) bytes += chunk.length;
    assert.ok(bytes > 16_000);
    assert.equal((await client.call("get_state"))["reason"], undefined, "what is over is not told any more");
    await assert.rejects(client.call("list_devices"), { code: "device-failed" });
  });
});

test("A loudspeaker is chosen by name or index, and one that there is none of is refused with those that there are", async () => {
  await withTts(async ({ client, pulse, heard }) => {
    await pulse.sink("headset");
    assert.deepEqual(((await client.call("list_devices"))["devices"] as Array<{ name: string }>).map(({ name }) => name), ["speaker", "headset"]);
    assert.equal((await client.call("get_device"))["device"], "speaker");
    await assert.rejects(client.call("set_device", { device: "nope" }), (error: Error) => error.message.includes("headset"));
    assert.equal((await client.call("set_device", { device: 1 }))["device"], "headset");
    assert.equal((await client.call("get_device"))["device"], "headset");
    await client.call("say", { text: "Not here." });
    assert.ok(heard.audibleMs() < 1, "the speaker is silent");
    await client.call("set_device", { device: "speaker" });
    await client.call("say", { text: "Here." });
    await heard.silence();
    assert.ok(heard.audibleMs() > 100);
  });
});

