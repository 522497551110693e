import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pace } from "../../../../servers/chat/engine/pace.ts";
import { chooseSlot } from "../../../../servers/chat/engine/slots.ts";

describe("the slot for a conversation", () => {
  test("is the one that holds it already", () => {
    assert.equal(chooseSlot([{ held: 0, prompt: 0, shared: 0 }, { held: 100, prompt: 60, shared: 90 }, { held: 120, prompt: 70, shared: 80 }]), 1);
  });
  test("is the one that holds its last prompt, however much has been thought since", () => {
    assert.equal(chooseSlot([{ held: 0, prompt: 0, shared: 0 }, { held: 900, prompt: 60, shared: 60 }, { held: 500, prompt: 60, shared: 40 }]), 1);
  });
  test("is an empty one rather than one whose conversation only begins alike", () => {
    assert.equal(chooseSlot([{ held: 100, prompt: 60, shared: 20 }, { held: 0, prompt: 0, shared: 0 }]), 1);
  });
  test("is the longest unused when all hold something else", () => {
    assert.equal(chooseSlot([{ held: 100, prompt: 60, shared: 20 }, { held: 300, prompt: 100, shared: 20 }]), 0);
  });
});

describe("the pace of a prompt's evaluation", () => {
  test("comes near a tenth of a second a piece, from any start", () => {
    for (const [tokenMs, real] of [[null, 1], [0.3, 0.1], [50, 5], [200, 200]] as const) {
      const pace = new Pace(tokenMs, 512);
      for (let i = 0; i < 10; i++) pace.learn(pace.chunk, pace.chunk * real);
      const milliseconds = pace.chunk * real;
      assert.ok(pace.chunk === 512 || pace.chunk === 4 || (milliseconds > 80 && milliseconds <= 100), `${pace.chunk} tokens take ${milliseconds} ms`);
    }
  });
  test("shrinks at once when the machine becomes slow", () => {
    const pace = new Pace(0.1, 512);
    pace.learn(512, 2048);
    assert.equal(pace.chunk, 25);
  });
});
