import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { byteCounter, countedBytes } from "./byte_counter.ts";
import { runPipeline, startPipeline } from "./pipeline.ts";

const machines = {
  "this machine": byteCounter(),
  "a machine without perl": byteCounter({ platform: "linux", arch: "x64", path: "" }),
  "another system": byteCounter({ platform: "darwin", arch: "arm64", path: process.env.PATH }),
};

test.for(Object.entries(machines))("every byte is counted and passed on, on %s", async ([, counter]) => {
  const bytes = 5_000_000;
  const source = ["seq", "-f", "%09.0f", "500000"] as const;
  const expected = createHash("sha256").update(await runPipeline([source])).digest("hex");
  const { stdout, ended } = startPipeline([source, counter, ["sha256sum"]]);
  expect(await text(stdout)).toBe(`${expected}  -\n`);
  const { codes, stderr } = await ended;
  expect(codes).toEqual([0, 0, 0]);
  expect(countedBytes(stderr)).toEqual({ bytes, rest: "" });
});

test("a counter whose reader ended fails", async () => {
  const stages = [["head", "-c", "5000000", "/dev/zero"], byteCounter(), ["true"]] as const;
  const { codes, stderr } = await startPipeline(stages).ended;
  expect(codes[1]).not.toBe(0);
  expect(countedBytes(stderr).bytes).toBeNull();
});

test("what other programs print is kept beside the count", () => {
  expect(countedBytes("pg_dump: warning: circular foreign keys\n12 bytes\n"))
    .toEqual({ bytes: 12, rest: "pg_dump: warning: circular foreign keys" });
});
