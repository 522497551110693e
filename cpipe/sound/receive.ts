import type { CallOptions } from "../../pipes/client/pending.ts";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { SoundFile } from "./file.ts";

/** Sends a command that is answered with sound, and puts that into `file`. Gives the final event. @throws ToolError */
export async function receiveSound(client: ToolClient, cmd: string, args: object, options: CallOptions, file: SoundFile): Promise<ToolEvent> {
  const reply = client.receiveAudio(cmd, args, options);
  try {
    let begun = false;
    for await (const pcm of reply) {
      if (!begun) await file.begin(await reply.format);
      begun = true;
      await file.write(pcm);
    }
    if (!begun) await file.begin(await Promise.race([reply.format, reply.final.then(silence)]));
    const final = await reply.final;
    await file.finish();
    return final;
  } catch (error) {
    await reply.return();
    await file.discard();
    throw error;
  }
}

/** A text of which nothing is to be heard gives no sound, and an empty file all the same. */
function silence(final: ToolEvent) {
  return { rate: typeof final["rate"] === "number" ? final["rate"] : 16_000, width: 2 as const, channels: 1, encoding: "s16le" as const };
}
