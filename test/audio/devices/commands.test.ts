import assert from "node:assert/strict";
import { test } from "node:test";
import { alsaArguments, alsaDevices } from "../../../audio/devices/programs/alsa.ts";
import { pipewireArguments, pipewireDevices } from "../../../audio/devices/programs/pipewire.ts";
import { pulseArguments, pulseDevices, pulseSaid } from "../../../audio/devices/programs/pulse.ts";
import { sox, soxArguments } from "../../../audio/devices/programs/sox.ts";
import { mono } from "../../../pipes/protocol/audio.ts";

const stereo = { ...mono(48_000), channels: 2 };

test("the command lines of each program, for the standard device and for a named one", () => {
  const line = (args: readonly string[]): string => args.join(" ");
  assert.equal(line(pulseArguments("capture", null, mono(16_000))), "--raw --format=s16le --rate=16000 --channels=1 --latency-msec=50 --client-name=pipe-tools --stream-name=listening --verbose");
  assert.equal(line(pulseArguments("playback", "usb", stereo)), "--raw --format=s16le --rate=48000 --channels=2 --latency-msec=50 --client-name=pipe-tools --stream-name=speech --verbose --device=usb");
  assert.equal(line(pipewireArguments("capture", null, mono(16_000), false)), "--rate=16000 --channels=1 --format=s16 --latency=50ms --media-role=Communication -");
  assert.equal(line(pipewireArguments("playback", "usb", stereo, true)), "--raw --rate=48000 --channels=2 --format=s16 --latency=50ms --media-role=Accessibility --target=usb --properties={ node.dont-reconnect = true } -");
  assert.equal(line(alsaArguments("capture", null, mono(16_000))), "-q -D default -t raw -f S16_LE -r 16000 -c 1 --buffer-time=500000 --period-time=25000 -");
  assert.equal(line(alsaArguments("playback", "plughw:CARD=PCH,DEV=0", stereo)), "-q -D plughw:CARD=PCH,DEV=0 -t raw -f S16_LE -r 48000 -c 2 --buffer-time=100000 --period-time=25000 -");
  assert.equal(line(soxArguments(mono(16_000))), "-q -V1 --buffer 1024 -t raw -r 16000 -e signed-integer -b 16 -L -c 1 -");
  assert.deepEqual(sox("playback").command("Built-in Output", stereo).env, { AUDIODEV: "Built-in Output" });
  assert.equal(sox("playback").command("default", stereo).env, undefined);
});

const SOURCES = `Source #0
\tState: SUSPENDED
\tName: alsa_output.pci.monitor
\tDescription: Monitor of Built-in Audio
\tSample Specification: s16le 2ch 44100Hz
\tMonitor of Sink: alsa_output.pci

Source #7
\tState: RUNNING
\tName: alsa_input.usb
\tDescription: Kopfhörer: "Größe" #2
\tSample Specification: s16le 1ch 16000Hz
\tMonitor of Sink: n/a
\tProperties:
\t\tdevice.description = "x"
`;

test("PulseAudio's list: microphones first, the server's choice marked, names of any letters", () => {
  const devices = pulseDevices("capture", SOURCES, "Server Name: pulseaudio\nDefault Sink: alsa_output.pci\nDefault Source: alsa_output.pci.monitor\n");
  assert.deepEqual(devices, [
    { name: "alsa_input.usb", description: 'Kopfhörer: "Größe" #2', channels: 1, standard: false },
    { name: "alsa_output.pci.monitor", description: "Monitor of Built-in Audio", channels: 2, standard: true }, // the user has chosen it
  ]);
  const only = pulseDevices("capture", SOURCES.slice(0, SOURCES.indexOf("Source #7")), "Default Source: alsa_output.pci.monitor\n");
  assert.deepEqual(only.map(({ standard }) => standard), [false]); // nobody has
  assert.deepEqual(pulseDevices("playback", "", "Default Sink: (null)\n"), []);
});

test("what pacat tells while it plays", () => {
  assert.deepEqual(pulseSaid("Stream successfully created."), { type: "ready" });
  assert.deepEqual(pulseSaid("Time: 0.960 sec; Latency: 40372 usec.        "), { type: "heard", seconds: 0.96 });
  assert.deepEqual(pulseSaid("Stream moved to device speaker (0, not suspended)."), { type: "moved", device: "speaker", mayFollow: true });
  assert.deepEqual(pulseSaid("Stream moved to device speaker.monitor (0, not suspended)."), { type: "moved", device: "speaker.monitor", mayFollow: false });
  assert.equal(pulseSaid("Stream underrun."), null);
});

test("PipeWire's list: nodes of the kind, with the session's choice", () => {
  const node = (id: number, props: Record<string, unknown>, rest: Record<string, unknown> = {}): unknown => ({ id, type: "PipeWire:Interface:Node", info: { ...rest, props } });
  const dump = JSON.stringify([
    { id: 0, type: "PipeWire:Interface:Core" },
    node(30, { "media.class": "Audio/Sink", "node.name": "out", "node.description": "Speakers", "audio.channels": 2 }),
    node(31, { "media.class": "Audio/Source", "node.name": "in" }, { "n-output-ports": 1 }),
    node(32, { "media.class": "Audio/Duplex", "node.name": "both", "node.nick": "Interface" }, { "n-input-ports": 8, "n-output-ports": 4 }),
    node(33, { "media.class": "Stream/Output/Audio", "node.name": "player" }),
    node(34, { "media.class": "Video/Source", "node.name": "camera" }),
    { id: 40, type: "PipeWire:Interface:Metadata", props: { "metadata.name": "default" }, metadata: [{ key: "default.audio.sink", value: { name: "both" } }, { key: "default.audio.source", value: { name: "in" } }] },
  ]);
  assert.deepEqual(pipewireDevices("playback", dump), [
    { name: "out", description: "Speakers", channels: 2, standard: false },
    { name: "both", description: "Interface", channels: 8, standard: true },
  ]);
  assert.deepEqual(pipewireDevices("capture", dump), [
    { name: "in", description: "in", channels: 1, standard: true },
    { name: "both", description: "Interface", channels: 4, standard: false },
  ]);
});

test("ALSA's list: each device once, by the name that converts", () => {
  const list = "null\n    Discard all samples\ndefault\n    Default\nhw:CARD=PCH,DEV=0\n    HDA Intel PCH, ALC257 Analog\n    Direct hardware device without any conversions\nplughw:CARD=PCH,DEV=0\n    HDA Intel PCH, ALC257 Analog\n    Hardware device with all software conversions\n";
  assert.deepEqual(alsaDevices(list), [{ name: "plughw:CARD=PCH,DEV=0", description: "HDA Intel PCH, ALC257 Analog", channels: 2, standard: false }]);
});
