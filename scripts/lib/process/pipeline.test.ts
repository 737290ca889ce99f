import { expect, test } from "vitest";
import { childEnvironment } from "./child_environment.ts";
import { describeFailure, ignoreBrokenPipe, runPipeline, type Stage, startPipeline } from "./pipeline.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("what goes in comes out, through every stage, whatever the arguments hold", async () => {
  const odd = `a'b "c" $HOME \`id\` \\ ; | é`;
  expect(decode(await runPipeline([["printf", "%s", odd], ["cat"]]))).toBe(odd);
});

test.each<[string, Stage[], string]>([
  ["first", [["sh", "-c", "echo why >&2; exit 3"], ["cat"]], "sh exited 3: why"],
  ["last", [["echo", "x"], ["sh", "-c", "cat >/dev/null; exit 4"]], "sh exited 4"],
  ["killed", [["sh", "-c", "kill -9 $$"], ["cat"]], "sh was ended by signal 9"],
  ["absent", [["/no/such/program"], ["cat"]], "program exited 127"],
])("the %s program's failure is the pipeline's", async (_name, stages, expected) => {
  await expect(runPipeline(stages)).rejects.toThrow(expected);
});

test("killing the whole pipeline is a failure of every program, and nothing stays", async () => {
  const stages: Stage[] = [["sh", "-c", "echo up; exec sleep 61.5"], ["cat"]];
  const pipeline = startPipeline(stages);
  for await (const _ of pipeline.stdout) pipeline.kill();
  expect(describeFailure(stages, await pipeline.ended)).toMatch(
    /sh was ended by signal 9, cat was ended by signal 9/,
  );
  const left = decode(await runPipeline([["ps", "-eo", "args"]]));
  expect(left).not.toContain("sleep 61.5");
});

test("an abort signal kills it", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await expect(runPipeline([["sleep", "60"]], { signal: abort.signal })).rejects.toThrow(/signal 9/);
});

test("a stream is read to its end, also when the program needs no more of it", async () => {
  let read = 0;
  async function* source() {
    for (; read < 100; read++) yield new Uint8Array(100_000).fill(65);
  }
  expect((await runPipeline([["head", "-c", "5"]], { input: source() })).length).toBe(5);
  expect(read).toBe(100);
});

test("what a stream throws is the pipeline's error, before those of its programs", async () => {
  async function* source() {
    yield new Uint8Array(10);
    throw new Error("the vault is gone");
  }
  await expect(runPipeline([["gzip", "-d"]], { input: source() })).rejects.toThrow("the vault is gone");
});

test("killing a pipeline ends the stream that it reads", async () => {
  let isOpen = true;
  async function* source() {
    try {
      for (;;) yield new Uint8Array(100_000);
    } finally {
      isOpen = false;
    }
  }
  const pipeline = startPipeline([["cat"]], { input: source() });
  for await (const _ of pipeline.stdout) pipeline.kill();
  expect((await pipeline.ended).codes).toEqual([137]);
  expect(isOpen).toBe(false);
});

test("only the first program may end by SIGPIPE", () => {
  const stages: Stage[] = [["yes"], ["head", "-1"]];
  expect(describeFailure(stages, ignoreBrokenPipe({ codes: [141, 0], stderr: "" }))).toBeNull();
  expect(describeFailure(stages, ignoreBrokenPipe({ codes: [0, 141], stderr: "" }))).not.toBeNull();
});

test("child processes get no secret of this process", () => {
  process.env.R2_SECRET_ACCESS_KEY = "secret";
  expect(JSON.stringify(childEnvironment())).not.toContain("secret");
  delete process.env.R2_SECRET_ACCESS_KEY;
});
