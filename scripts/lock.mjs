// One set-up at a time in a checkout: `npm start` and `npm test` may be called at once.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Nothing tells of another process's end, so a waiting one looks. */
const LOOK_MS = 50;

/** Runs `work` while no other process of this checkout does. A lock whose owner has died is taken over. */
export async function alone(path, work, onWait) {
  for (let waited = false; !claim(path); waited = true) {
    if (!waited) onWait();
    await sleep(LOOK_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function claim(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const owner = ownerOf(path);
  if (owner !== null && !isAlive(owner)) takeAway(path, owner);
  return false;
}

/** Only one of several waiting processes can rename it; one that got hold of a newer lock puts it back. */
function takeAway(path, owner) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (ownerOf(aside) === owner) rmSync(aside);
  else renameSync(aside, path);
}

/** Null while the file is being written, or when it has gone. */
function ownerOf(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
