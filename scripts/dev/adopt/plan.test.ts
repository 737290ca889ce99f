/** What an adoption writes, without a repository to write into: scripts/tests/adoption.test.ts has one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";
import { importsOf } from "../check/imports.ts";
import { ROOT } from "../root.ts";
import { Checkout } from "./checkout.ts";
import { fileFindings } from "./files.ts";
import { hashOf, OWN_FOLDERS, OWNERS_FILES, plannedFiles, RECORD_FILE } from "./plan.ts";

const PAGE = readFileSync(join(ROOT, "docs", "adopting.md"), "utf8");
const ours = new Checkout(ROOT);

test("the page lists the folders and secrets", () => {
  const rows = [...PAGE.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, path = ""]) => path);
  expect(rows).toEqual([...OWN_FOLDERS, "supabase/migrations", ".github/workflows"]);
  const named = (/GitHub's\s+secrets: ([^]*?)\. Merge/.exec(PAGE)?.[1] ?? "").matchAll(/`([A-Z0-9_]+)`/g);
  const workflows = ours.files(".github/workflows").filter((path) => path.includes("/db-")).map((path) =>
    ours.text(path)
  );
  const read = [...workflows.join("\n").matchAll(/\bsecrets\.([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name);
  const secrets = [...new Set(read)].filter((name) => name !== "GITHUB_TOKEN"); // every run has this one
  expect([...named].map(([, name]) => name)).toEqual(secrets.sort());
});

test("the documents to which the screen links are where its links point", () => {
  const planned = plannedFiles(ours, ours);
  const place = planned.get("backups/web/src/features/backups/model/documents.ts")?.toString() ?? "";
  const folder = /"blob\/HEAD\/([^"]+)"/.exec(place)?.[1];
  const screen = ours.files("web/src").map((path) => ours.text(path)).join("\n");
  const linked = [...screen.matchAll(/<Help(?:Link|Icon)?\b[^>]*\bpage="([^"#]+)/g)]
    .map(([, page]) => posix.join("guia", page ?? ""));
  expect(linked.length).toBeGreaterThan(3);
  for (const page of [...linked, "runbooks/README.md"]) {
    expect([...planned.keys()]).toContain(`${folder}/${page}`);
  }
});

test("no file in the product's folder imports one that is not there", () => {
  const planned = [...plannedFiles(ours, ours).keys()];
  const inFolder = new Set(planned.flatMap((path) => /^backups\/(.*)/.exec(path)?.[1] ?? []));
  const imports = [...inFolder].filter((path) => /\.tsx?$/.test(path)).flatMap((path) =>
    importsOf(path, ours.text(path)).filter((target) => /^(scripts|supabase|web)\//.test(target))
  );
  expect(inFolder.size).toBeGreaterThan(300);
  expect(imports.filter((target) => !inFolder.has(target))).toEqual([]);
});

test("leaves the ERP's keys, personal columns and measures alone, removes our older files, and asks about others", () => {
  const erp = new Checkout(mkdtempSync(join(tmpdir(), "revo-files-")));
  try {
    erp.git("init", "-q");
    const older = "backups/scripts/older.ts";
    const own = [...OWNERS_FILES, "backups/scripts/signing_keys.txt"];
    for (const path of [RECORD_FILE, older, ...own, "backups/notes.txt"]) {
      mkdirSync(dirname(join(erp.root, path)), { recursive: true });
      writeFileSync(join(erp.root, path), "x");
    }
    const record = { version: "1", files: { [older]: hashOf(Buffer.from("x")) } };
    const planned = new Map([...plannedFiles(ours, ours)].filter(([path]) => OWNERS_FILES.includes(path)));
    expect(fileFindings(erp, planned, record).map(({ item, standing }) => [item, standing])).toEqual([
      ["backups/scripts/business.sql", "there"],
      ["backups/scripts/personal_columns.txt", "there"],
      ["backups/notes.txt", "conflict"],
      [older, "differs"],
    ]);
  } finally {
    rmSync(erp.root, { recursive: true });
  }
});
