/** docs/runbooks/signing-keys.md and encryption.md, followed in a running system whose vault has an older backup. */
import { readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { installSystemPackages } from "../dev/system_packages.ts";
import { newestBackup } from "../lib/vault/newest_backup.ts";
import { createErp } from "./drill_fixture.ts";
import { backUp, sql, startPlace, type TestPlace } from "./engine_fixture.ts";
import { type Laptop, openLaptop } from "./runbook_fixture.ts";

let place: TestPlace;
let laptop: Laptop;

beforeAll(async () => {
  place = await startPlace();
  await createErp(place, "prod");
  laptop = await openLaptop(place);
  delete laptop.prepared.BACKUP_PUBLIC_KEYS;
  delete laptop.prepared.BACKUP_SIGNING_KEY;
  await mkdir(laptop.prepared.OUT_DIR ?? "");
});
afterAll(async () => {
  await place?.stop();
  await laptop?.remove();
});

it(
  "signatures are switched on beside an older backup, a key is changed, and a stolen one no longer counts",
  { timeout: 240_000 },
  async () => {
    const outDir = laptop.prepared.OUT_DIR ?? "";
    const prod = place.server.connection("postgres", "prod");
    const { keys } = await backUp(place.store.vault, prod);
    expect(await newestBackup(place.store.vault, "prod")).toBe(keys.archive);
    const made = (said: string) => [...said.matchAll(/^MCow\S+$/gm)].map(([key]) => key);
    const said = await laptop.follow("signing-keys", {
      // the first pair; the second one beside it; after the theft the third one alone
      BACKUP_PUBLIC_KEYS: (said) => made(said).length === 2 ? made(said).join("\n") : made(said).at(-1) ?? "",
      BACKUP_SIGNING_KEY: (said) => {
        const file = ["assinatura", "assinatura-nova", "assinatura-depois"][made(said).length - 1];
        return readFileSync(join(outDir, `${file}.key`), "utf8").trim();
      },
      ANTIGO: keys.archive,
    });
    const secret = (await readFile(join(outDir, "assinatura.key"), "utf8")).trim();
    expect(said).not.toContain(secret);
    expect(said).toContain(`${keys.archive} is good`);
    const listed = said.split("\n").filter((line) => /^revo\/\S+ {2}/.test(line));
    const [rotated, robbed] = [listed.slice(0, 3), listed.slice(3)];
    expect(rotated.map((line) => line.includes("NOT SIGNED"))).toEqual([false, false, true]);
    expect(robbed.map((line) => line.includes("NOT SIGNED"))).toEqual([false, true, true, true]);
    const signers = `select count(distinct signed_by)::text from public.ops_db_backups;`;
    expect(await sql(prod, signers)).toEqual(["1"]);
  },
);

it("backups are encrypted from a day on, and read with one of the keys", { timeout: 180_000 }, async () => {
  await installSystemPackages(["age"], () => {});
  const outDir = laptop.prepared.OUT_DIR ?? "";
  const said = await laptop.follow("encryption", {
    BACKUP_AGE_RECIPIENTS: (said) => [...said.matchAll(/^age1\S+$/gm)].map(([key]) => key).join(","),
    BACKUP_AGE_IDENTITY: () => readFileSync(join(outDir, "cifra-2.key"), "utf8"),
  });
  expect(said).not.toContain("AGE-SECRET-KEY");
});
