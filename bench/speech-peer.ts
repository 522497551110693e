import { mono, runServer, ToolServer, Type, type Call } from "pipe-tools/server";

/** Pours samples, and takes them, as fast as the pipes allow. */
const server = new ToolServer({ name: "sound" });

server.handler("pour", { args: { bytes: Type.Integer(), chunk: Type.Integer() } }, async ({ bytes, chunk }, call: Call) => {
  const sound = await call.sendAudio(mono(24_000));
  const pcm = Buffer.alloc(chunk, 1);
  for (let sent = 0; sent < bytes && !call.ended; sent += chunk) await sound.write(pcm);
  sound.end();
  return { event: "poured" };
});

server.handler("take", {}, async (_, call: Call) => {
  let bytes = 0;
  for await (const pcm of call.receiveAudio()) bytes += pcm.length;
  return { event: "taken", bytes };
});

await runServer(server);
