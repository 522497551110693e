import { ToolError } from "../../pipes/protocol/errors.ts";
import { DEFAULT_DEVICE, type Device } from "./device.ts";

/**
 * The device that is meant: by `default`, by its index, its name, or a part of its name or description that only one has.
 * @throws ToolError `not-found`, with the list
 */
export function chooseDevice(devices: readonly Device[], wanted: string | number): Device {
  const found = byIndex(devices, wanted) ?? devices.find(({ name }) => name === wanted) ?? (wanted === DEFAULT_DEVICE ? standardOf(devices) : undefined);
  if (found !== undefined) return found;
  const part = String(wanted).toLowerCase();
  const alike = typeof wanted === "number" ? [] : devices.filter(({ name, description }) => [name, description].some((text) => text.toLowerCase().includes(part)));
  if (alike.length === 1 && alike[0] !== undefined) return alike[0];
  const hint = alike.length > 1 ? `It could be ${listed(alike)}; say more of its name` : devices.length === 0 ? "There is none at all" : `There are ${listed(devices)}`;
  throw new ToolError("not-found", { what: "sound device", name: String(wanted), hint });
}

/** The one that is taken when none is named. */
export function standardOf(devices: readonly Device[]): Device | undefined {
  return devices.find(({ standard }) => standard) ?? devices[0];
}

export function listed(devices: readonly Device[]): string {
  return devices.map(({ index, name }) => `${index} ${name}`).join(", ");
}

/** A pipe carries text, so an index may come as one. */
function byIndex(devices: readonly Device[], wanted: string | number): Device | undefined {
  const index = typeof wanted === "number" ? wanted : /^\d+$/.test(wanted) ? Number(wanted) : Number.NaN;
  return devices.find((device) => device.index === index);
}
