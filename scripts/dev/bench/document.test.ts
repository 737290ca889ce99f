import { expect, it } from "vitest";
import { withHead, withSection } from "./document.ts";

const HEAD = "# Benchmarks\n\nFigures.\n";

it("a section is appended, or replaces its older version", () => {
  const one = withSection(HEAD, "Screen", "fast\n");
  expect(one).toBe("# Benchmarks\n\nFigures.\n\n## Screen\n\nfast\n");
  const two = withSection(one, "Status", "flat");
  expect(withSection(two, "Screen", "faster")).toBe(
    "# Benchmarks\n\nFigures.\n\n## Screen\n\nfaster\n\n## Status\n\nflat\n",
  );
});

it("only the head changes", () => {
  const before = withSection(HEAD, "Screen", "fast");
  expect(withHead(before, "# Benchmarks\n\nNewer.\n")).toBe("# Benchmarks\n\nNewer.\n\n## Screen\n\nfast\n");
  expect(withHead("", HEAD)).toBe(HEAD);
});
