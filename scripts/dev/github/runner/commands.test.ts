/** Workflow commands, the pairs of a command file, and the masking of secrets. */
import { describe, expect, it } from "vitest";
import { type Annotation, CommandReader, parsePairs } from "./commands.ts";
import { JobLog } from "./log.ts";
import { Masker } from "./masker.ts";

/** The effects of some lines on a reader. */
function read(...lines: string[]) {
  const written: string[] = [];
  const masks: string[] = [];
  const annotations: Annotation[] = [];
  const reader = new CommandReader({
    write: (line) => written.push(line),
    addMask: (secret) => masks.push(secret),
    annotate: (annotation) => annotations.push(annotation),
  });
  lines.forEach((line) => reader.read(line));
  return { written, masks, annotations };
}

describe("commands", () => {
  it("become log lines and annotations", () => {
    const { written, annotations } = read(
      "::error file=a.ts,line=1,title=T::it broke%0Ahere: 100%25",
      "  ::warning::careful",
      "::group::part",
      "::endgroup::",
      "::debug::unseen",
      "plain :: text",
    );
    expect(written).toEqual([
      "##[error]it broke\nhere: 100%",
      "##[warning]careful",
      "##[group]part",
      "##[endgroup]",
      "plain :: text",
    ]);
    expect(annotations).toEqual([
      { level: "error", message: "it broke\nhere: 100%" },
      { level: "warning", message: "careful" },
    ]);
  });

  it("mask values, and never write what they mask", () => {
    expect(read("::add-mask::s3cret")).toEqual({
      written: ["::add-mask::***"],
      masks: ["s3cret"],
      annotations: [],
    });
  });

  it("are ignored while they are stopped", () => {
    const { written, annotations } = read("::stop-commands::END", "::error::no", "::END::", "::error::yes");
    expect(written).toEqual(["::error::no", "##[error]yes"]);
    expect(annotations).toHaveLength(1);
  });

  it("that GitHub has disabled are errors", () => {
    expect(read("::set-env name=A::b").written).toEqual([
      "##[error]The local GitHub does not know the command '::set-env name=A::b'",
    ]);
  });
});

describe("pairs", () => {
  it("are lines, or blocks of lines", () => {
    const pairs = parsePairs("a=1=2\n\nb<<END\nx\n\ny=z\nEND\nc=\n");
    expect([...pairs]).toEqual([["a", "1=2"], ["b", "x\n\ny=z"], ["c", ""]]);
  });

  it("need a delimiter and an end", () => {
    expect(() => parsePairs("no pair")).toThrow("Invalid format 'no pair'");
    expect(() => parsePairs("a<<END\nb")).toThrow("Matching delimiter not found 'END'");
  });
});

describe("the masker", () => {
  it("hides the longer secret first, and each line of a long one", () => {
    const masker = new Masker(["abc", "abcdef", "one\ntwo", ""]);
    expect(masker.mask("abcdef abc x")).toBe("*** *** x");
    expect(masker.mask("one and two")).toBe("*** and ***");
  });
});

describe("the log", () => {
  it("drops its beginning when it exceeds its limit, with a note", () => {
    const log = new JobLog(new Masker([]), () => {});
    for (let i = 0; i < 60; i++) log.write(`${i} ${"x".repeat(100_000)}`);
    expect(log.text().length).toBeLessThan(4_100_000);
    expect(log.text()).toMatch(/^\(the first \d+ lines were dropped\)\n/);
    expect(log.text()).toContain("Z 59 xxx");
  });
});
