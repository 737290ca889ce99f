import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { CopyIn } from "./copy_in.ts";

test("a source that needs no event is read no further when the connection is closed", async () => {
  let read = 0;
  async function* pieces() {
    while (read < 1000) {
      read++;
      await Promise.resolve();
      yield new Uint8Array(1);
    }
  }
  const closed = Object.assign(new EventEmitter(), { writable: false, writableLength: 0 });
  const copy = new CopyIn("copy t from stdin", pieces());
  copy.handleCopyInResponse({
    stream: closed as unknown as Socket,
    sendCopyFromChunk: () => {},
    endCopyFrom: () => {},
    sendCopyFail: () => {},
  });
  // pg tells its queries when it has received the event
  setImmediate(() => copy.handleError(new Error("the connection is closed")));
  await expect(copy.ended).rejects.toThrow("the connection is closed");
  expect(read).toBe(1);
});
