/** The import rules of docs/architecture.md: pure → adapters → mains and features, and the floors of scripts/lib. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, sources, STD } from "../dev/check/imports.ts";
import { ROOT } from "../dev/root.ts";

const PURE = "supabase/functions/_shared/backup";
/** Adapters that use web standards only, shared by scripts and function. */
const SHARED = "supabase/functions/_shared/alerts";
const LIB = "scripts/lib";
/** A separate package: it has one public file, and another for tests. */
const GITHUB = "scripts/dev/github";
const FEATURE = "web/src/features/backups";
/** Functions and schemas of the screen without React; `use_…` are hooks. */
const isScreenLib = (target: string) => inside("web/src/lib")(target) && !/\/use_[^/]+$/.test(target);

/** The folders of scripts/lib. Each imports only from floors below its own. */
const FLOORS: readonly (readonly string[])[] = [
  ["process"],
  ["postgres"],
  ["archive", "catalog"],
  ["run"],
  // the file in which a folder describes its command
  ["command", "vault"],
  ["server"],
  ["alerts", "audit", "backup", "list"],
  ["reconcile", "restore", "watchdog"],
  ["doctor", "drill", "look", "prune"],
  ["recover", "take", "verify"],
  // lists the commands of all folders
  ["cli"],
];

interface Rule {
  layer: string;
  contains(file: string): boolean;
  allows(target: string, file: string): boolean;
}

const inside = (...folders: string[]) => (path: string) =>
  folders.some((folder) => path.startsWith(`${folder}/`));
const isTest = (file: string) =>
  file.includes(".test.") || ["scripts/vitest.config.ts", "web/playwright.config.ts"].includes(file) ||
  inside("scripts/tests", "supabase/tests", "web/e2e")(file);

/** The folder of a file of scripts/lib; `undefined` elsewhere and for a file in no folder. */
const roomOf = (file: string) => /^scripts\/lib\/([^/]+)\//.exec(file)?.[1];
const floorOf = (room: string | undefined) =>
  FLOORS.findIndex((rooms) => room !== undefined && rooms.includes(room));

function isBelow(target: string, file: string): boolean {
  const [from, to] = [roomOf(file), roomOf(target)];
  return to !== undefined && (from === to || floorOf(to) < floorOf(from)) && floorOf(to) >= 0;
}

const RULES: readonly Rule[] = [
  { layer: "pure", contains: inside(PURE), allows: (target) => inside(PURE)(target) || target === "zod" },
  { layer: "shared adapters", contains: inside(SHARED), allows: inside(PURE, SHARED) },
  {
    layer: "function",
    contains: inside("supabase/functions/ops-backups"),
    allows: (target) =>
      inside(PURE, SHARED, "supabase/functions/ops-backups")(target) ||
      ["zod", "node:crypto", "@supabase/supabase-js", "@octokit/rest"].includes(target),
  },
  {
    layer: "adapters",
    contains: inside(LIB),
    allows: (target, file) =>
      inside(PURE, SHARED)(target) || isBelow(target, file) || target.startsWith("node:") ||
      ["zod", STD, "commander", "@aws-sdk/client-s3", "@octokit/rest", "pg"].includes(target),
  },
  {
    layer: "mains",
    contains: (file) => /^scripts\/[^/]+\.ts$/.test(file),
    allows: (target) => inside(PURE, LIB)(target) || target.startsWith("node:") || target === "zod",
  },
  {
    layer: "feature's model",
    contains: inside(`${FEATURE}/model`),
    allows: (target) => inside(PURE, `${FEATURE}/model`)(target) || isScreenLib(target) || target === "zod",
  },
  {
    layer: "feature's text",
    contains: inside(`${FEATURE}/text`),
    allows: (target) =>
      inside(PURE, `${FEATURE}/model`, `${FEATURE}/text`)(target) || isScreenLib(target) || target === "zod",
  },
  {
    layer: "feature's data",
    contains: inside(`${FEATURE}/data`),
    allows: (target) =>
      inside(PURE, `${FEATURE}/model`, `${FEATURE}/data`, "web/src/lib")(target) ||
      !inside("web", "scripts", "supabase")(target),
  },
  {
    layer: "feature",
    contains: inside("web/src/features"),
    allows: (target) =>
      inside(PURE, "web/src/features", "web/src/components", "web/src/lib")(target) ||
      !inside("web", "scripts", "supabase")(target),
  },
  {
    layer: "screen",
    contains: inside("web/src"),
    allows: (target) => inside(PURE, "web/src")(target) || !inside("web", "scripts", "supabase")(target),
  },
  {
    layer: "local GitHub",
    contains: inside(GITHUB),
    allows: (target) => inside(GITHUB)(target) || !inside("web", "scripts", "supabase")(target),
  },
  {
    layer: "embedded stack",
    contains: inside("scripts/dev"),
    allows: (target) => !inside("web")(target) && (!inside(GITHUB)(target) || target === `${GITHUB}/mod.ts`),
  },
];

function breaches(file: string, text: string): string[] {
  const rule = RULES.find(({ contains }) => contains(file));
  if (!rule || isTest(file)) return [];
  return importsOf(file, text).filter((target) => !rule.allows(target, file)).map((target) =>
    `${rule.layer}: ${file} imports ${target}`
  );
}

/** The files of every import cycle, each cycle once (Tarjan's strongly connected components). */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): number => {
    const own = index.size;
    index.set(file, own);
    let low = own;
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!imports.has(target)) continue;
      if (!index.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? index.get(target) ?? low);
    }
    lowest.set(file, low);
    if (low === own) {
      const members = stack.splice(stack.indexOf(file));
      if (members.length > 1) found.push(members.sort());
    }
    return low;
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found;
}

describe("layers", () => {
  const files = ["supabase", "scripts", "web"].flatMap(sources);
  const imports = new Map(
    files.map((file) => [file, importsOf(file, readFileSync(join(ROOT, file), "utf8"))] as const),
  );

  test("every file imports only what its layer may", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.flatMap((file) => breaches(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
  });

  test("every file of scripts/lib is in a folder, and every folder has a floor", () => {
    expect(files.filter((file) => inside(LIB)(file) && floorOf(roomOf(file)) < 0)).toEqual([]);
    expect(FLOORS.flat().filter((room) => !files.some(inside(`${LIB}/${room}`)))).toEqual([]);
  });

  test("CONTRIBUTING.md lists these floors", () => {
    const text = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
    const listed = [...text.matchAll(/^\| (\d+) \| ((?:`\w+`(?:, )?)+) \|/gm)].map(([, floor, rooms = ""]) =>
      [Number(floor), rooms.replaceAll("`", "").split(", ")] as const
    );
    expect(listed.toReversed()).toEqual(FLOORS.map((rooms, index) => [index + 1, rooms]));
  });

  test("every import of scripts and function names a file, with its extension, as Deno requires", () => {
    const missing = [...imports].filter(([file]) => inside("scripts", "supabase")(file) && !isTest(file))
      .flatMap((
        [file, targets],
      ) =>
        targets.filter((target) =>
          inside("scripts", "supabase")(target) &&
          !statSync(join(ROOT, target), { throwIfNoEntry: false })?.isFile()
        )
          .map((target) => `${file} imports ${target}`)
      );
    expect(missing).toEqual([]);
  });

  test("imports have no cycle", () => {
    expect(circles(imports)).toEqual([]);
    expect(circles(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b", "a"]], ["d", ["a"]]])))
      .toEqual([["a", "b", "c"]]);
  });

  test("only tests and the embedded stack import the embedded stack", () => {
    const users = [...imports].filter(([file, targets]) =>
      !isTest(file) && !file.startsWith("scripts/dev/") && targets.some(inside("scripts/dev"))
    );
    expect(users.map(([file]) => file)).toEqual([]);
  });

  test("the local GitHub is imported through its public files only", () => {
    const inner = [...imports].filter(([file]) => !inside(GITHUB)(file)).flatMap(([file, targets]) =>
      targets.filter(inside(GITHUB)).map((target) => `${file} imports ${target}`)
    );
    expect(inner.filter((line) => !/\/(mod|test_github)\.ts$/.test(line))).toEqual([]);
  });

  test.each([
    [`${GITHUB}/x.ts`, `import { ROOT } from "../root.ts";`],
    ["scripts/dev/x.ts", `import { Faults } from "./github/faults.ts";`],
    [`${PURE}/x.ts`, `import process from "node:process";`],
    [`${PURE}/x.ts`, `import { Vault } from "../../../../scripts/lib/vault/vault.ts";`],
    ["scripts/lib/run/x.ts", `import { startStack } from "../../dev/stack.ts";`],
    ["scripts/lib/run/x.ts", `import { x } from "../loose.ts";`],
    ["scripts/x.ts", `export * from "./dev/stack.ts";`],
    ["web/src/features/backups/x.ts", `const app = import("../../app/router.tsx");`],
    [`${FEATURE}/model/x.ts`, `import { useRef } from "react";`],
    [`${FEATURE}/model/x.ts`, `import { useQuery } from "@tanstack/react-query";`],
    [`${FEATURE}/model/x.ts`, `import type { BackupsClient } from "../data/backups_client.ts";`],
    [`${FEATURE}/model/x.ts`, `import { useNow } from "../../../lib/use_now.ts";`],
    [`${FEATURE}/text/x.ts`, `import { callRpc } from "../data/rpc.ts";`],
    [`${FEATURE}/data/x.ts`, `import { Panel } from "../components/panel.tsx";`],
    ["supabase/functions/ops-backups/x.ts", `import fs from "node:fs";`],
  ])("a forbidden import in %s is found: %s", (file, text) => expect(breaches(file, text)).toHaveLength(1));

  test.each(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)))(
    "%s imports from no folder of its own floor or above",
    (room, floor) => {
      const others = FLOORS.slice(floor).flat().filter((other) => other !== room);
      for (const other of others) {
        const text = `import { x } from "../${other}/x.ts";`;
        expect(breaches(`${LIB}/${room}/x.ts`, text), `${room} → ${other}`).toHaveLength(1);
      }
      for (const below of FLOORS.slice(0, floor).flat()) {
        expect(breaches(`${LIB}/${room}/x.ts`, `import { x } from "../${below}/x.ts";`)).toEqual([]);
      }
    },
  );

  test("pure files use no clock, no network and no process", () => {
    const pure = [PURE, `${FEATURE}/model`, `${FEATURE}/text`].flatMap(sources);
    const used = pure.filter((file) => !isTest(file)).filter((file) =>
      /\b(Deno|process|fetch\(|Date\.now|new Date\(\)|Math\.random|setTimeout)/.test(
        readFileSync(join(ROOT, file), "utf8"),
      )
    );
    expect(used).toEqual([]);
  });
});
