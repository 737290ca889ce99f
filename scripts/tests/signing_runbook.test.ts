/** docs/runbooks/signing-keys.md, followed in a running system whose vault has a backup without a signature. */
import { readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
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
});
afterAll(async () => {
  await place?.stop();
  await laptop?.remove();
});

it(
  "signatures are switched on beside an older backup, which stays restorable",
  { timeout: 180_000 },
  async () => {
    const outDir = laptop.prepared.OUT_DIR ?? "";
    await mkdir(outDir);
    const prod = place.server.connection("postgres", "prod");
    const { keys } = await backUp(place.store.vault, prod);
    expect(await newestBackup(place.store.vault, "prod")).toBe(keys.archive);
    const publicKey = (said: string) => /^MCow\S+$/m.exec(said)?.[0] ?? "";
    const said = await laptop.follow("signing-keys", {
      BACKUP_PUBLIC_KEYS: publicKey,
      BACKUP_SIGNING_KEY: () => readFileSync(join(outDir, "assinatura.key"), "utf8").trim(),
      ANTIGO: keys.archive,
    });
    const secret = (await readFile(join(outDir, "assinatura.key"), "utf8")).trim();
    expect(said).not.toContain(secret);
    expect(said).toContain(`${keys.archive} is good`);
    const listed = said.split("\n").filter((line) => /^revo\/\S+ {2}/.test(line));
    expect(listed.map((line) => line.includes("NOT SIGNED"))).toEqual([false, true]);
    const signers =
      `select (signed_by is not null)::text from public.ops_db_backups order by created_at desc;`;
    expect(await sql(prod, signers)).toEqual(["true", "false"]);
  },
);
