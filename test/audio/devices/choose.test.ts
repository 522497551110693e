import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseDevice } from "../../../audio/devices/choose.ts";
import type { Device } from "../../../audio/devices/device.ts";

const device = (index: number, name: string, description: string, standard = false): Device => ({ index, name, description, channels: 1, standard });
const DEVICES = [device(0, "alsa_input.pci", "Built-in Microphone"), device(1, "alsa_input.usb", "Headset Microphone", true), device(2, "2", "a name that is a number")];

test("a device is chosen by index, by name, by a part that only one has, or as the standard one", () => {
  const chosen = (wanted: string | number): string => chooseDevice(DEVICES, wanted).name;
  assert.equal(chosen(0), "alsa_input.pci");
  assert.equal(chosen("1"), "alsa_input.usb");
  assert.equal(chosen("alsa_input.pci"), "alsa_input.pci");
  assert.equal(chosen("default"), "alsa_input.usb");
  assert.equal(chosen("usb"), "alsa_input.usb");
  assert.equal(chosen("HEADSET"), "alsa_input.usb");
});

test("what is not there, or could be several, is an error with the list", () => {
  const refused = (devices: readonly Device[], wanted: string | number, message: RegExp): void => assert.throws(() => chooseDevice(devices, wanted), { code: "not-found", message });
  refused(DEVICES, 9, /^there is no sound device '9'\. There are 0 alsa_input\.pci, 1 alsa_input\.usb, 2 2$/);
  refused(DEVICES, "microphone", /It could be 0 alsa_input\.pci, 1 alsa_input\.usb; say more of its name/);
  refused(DEVICES, "attic", /There are 0/);
  refused([], "default", /There is none at all/);
});
