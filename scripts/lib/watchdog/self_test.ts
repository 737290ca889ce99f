/**
 * The alarm's own test: a damaged copy is stored outside the backups, found by the watchdog's check, delivered through the
 * real channels, and read back from them. A channel that does not work is noticed before it is needed.
 */
import { createHash } from "node:crypto";
import type { Alarm, AlarmSource } from "@backup/watch/alarm.ts";
import { BackupError } from "@backup/errors.ts";
import { type AnyManifest, parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import { siblingKeys, VAULT_ROOT } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { backupCorrupt } from "@backup/watch/vault.ts";
import { type Channels, deliver } from "../alerts/deliver.ts";
import { compareStored } from "./compare_stored.ts";
import { newestBackup } from "../vault/newest_backup.ts";
import type { Vault } from "../vault/vault.ts";

/** Beside the backups, not among them: no lock of the bucket covers it, and nothing lists it as a backup. */
export const PLANT_PREFIX = "selftest/";
/** No condition of the watch: it leaves this alarm alone. */
export const TEST_ALARM = "alarm_test";
/** So much of a large backup is copied. */
const MAX_COPY = 4 * 1024 * 1024;

export interface AlarmTest {
  target: Target;
  vault: Vault;
  channels: Channels;
  source: AlarmSource;
  log: (line: string) => void;
}

/**
 * @throws {BackupError} `alarm_not_raised` when the damage was not found or not delivered; `alert_failed` when the alarm
 * could not be taken back; `no_backup_found`; `vault_*`. The plant is gone in every case but the last.
 */
export async function testAlarm(test: AlarmTest): Promise<void> {
  const { vault, log } = test;
  const errors: unknown[] = [];
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (thrown) {
      errors.push(thrown);
    }
  };
  await removePlants(vault);
  await attempt(async () => {
    const alarm = await findDamage(vault, await plant(test));
    log(`found: ${alarm.facts.join(" ")}`);
    await requireRaised(test, alarm);
    log("the alarm was raised");
  });
  await attempt(() => removePlants(vault));
  await attempt(() => takeBack(test));
  if (errors.length > 0) throw errors[0];
  log("the alarm was taken back");
}

/** The beginning of the newest backup with one bit turned, and a manifest of what it was before. Its key. */
async function plant({ vault, target }: AlarmTest): Promise<string> {
  const original = await newestBackup(vault, target);
  const bytes = await beginningOf(vault, original);
  const manifest: AnyManifest = await parseManifest(await vault.text(siblingKeys(original).manifest));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const [archive, beside] = [original, siblingKeys(original).manifest].map((key) =>
    PLANT_PREFIX + key.slice(VAULT_ROOT.length + 1)
  );
  if (archive === undefined || beside === undefined) throw new Error("two keys become two");
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await vault.put(archive, bytes, "application/gzip");
  await vault.put(
    beside,
    await sealManifest({ ...manifest, bytes: bytes.length, sha256 }),
    "application/json",
  );
  return archive;
}

async function beginningOf(vault: Vault, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of vault.download(key)) {
    chunks.push(chunk);
    if ((size += chunk.length) >= MAX_COPY) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_COPY);
}

async function findDamage(vault: Vault, key: string): Promise<Alarm> {
  const manifest = await parseManifest(await vault.text(key.replace(/\.dump\.gz$/, ".manifest.json")));
  const reason = await compareStored(vault, key, manifest);
  const condition = reason === null ? null : backupCorrupt({ corrupt: [{ key, reason }] });
  if (condition === null) {
    throw new BackupError("alarm_not_raised", `The check took the damaged copy ${key} for a good one`);
  }
  return {
    ...condition,
    id: TEST_ALARM,
    severity: "warning",
    title: `[TESTE] ${condition.title}`,
    risk: `[TESTE] ${condition.risk}`,
    todo: "Nada a fazer: é o teste mensal do alarme, que se fecha sozinho.",
  };
}

async function requireRaised({ channels, source }: AlarmTest, alarm: Alarm): Promise<void> {
  const { delivered: [delivered], failures } = await deliver(channels, {
    alarms: [alarm],
    decided: [],
    source,
    test: true,
  });
  if (failures.length > 0) {
    const said = failures.map(({ message }) => message).join("; ");
    throw new BackupError("alarm_not_raised", `The alarm was not delivered: ${said}`, { cause: failures[0] });
  }
  if (channels.issues === null) return;
  const isThere = (await channels.issues.open()).some(({ number, mark }) =>
    number === delivered?.issue?.number && mark.id === alarm.id
  );
  if (!isThere) {
    throw new BackupError("alarm_not_raised", "The alarm's issue is not there after it was opened");
  }
}

async function takeBack({ channels, source }: AlarmTest): Promise<void> {
  const { failures } = await deliver(channels, { alarms: [], decided: [TEST_ALARM], source, test: true });
  const [first] = failures;
  if (first !== undefined) throw first;
  const left = (await channels.issues?.open() ?? []).filter(({ mark }) => mark.id === TEST_ALARM);
  if (left.length > 0) throw new BackupError("alert_failed", "The test's issue is open after it was closed");
}

async function removePlants(vault: Vault): Promise<void> {
  for await (const { key } of vault.list(PLANT_PREFIX)) await vault.delete(key);
}
