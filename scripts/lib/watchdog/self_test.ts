/**
 * Tests the alarm from end to end: writes a damaged copy outside the backups' prefix, finds it by the watchdog's check,
 * delivers the alarm through the real channels and verifies that it arrived.
 */
import { createHash } from "node:crypto";
import {
  type Channels,
  deliver,
  type DeliveryOrder,
} from "../../../supabase/functions/_shared/alerts/deliver.ts";
import type { Alarm, AlarmSource } from "@backup/watch/alarm.ts";
import { BackupError } from "@backup/errors.ts";
import { type AnyManifest, parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import { siblingKeys, VAULT_ROOT } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { backupCorrupt } from "@backup/watch/vault.ts";
import { compareStored } from "./compare_stored.ts";
import { newestBackup } from "../vault/newest_backup.ts";
import type { Vault } from "../vault/vault.ts";

/** Outside the backups' prefix: no bucket lock covers it, and it is not listed as a backup. */
export const SELF_TEST_PREFIX = "selftest/";
/** Not a condition of the watchdog, which therefore does not change this alarm. */
export const TEST_ALARM = "alarm_test";
/** Only the issue of the test knows what the webhook accepted. */
const memories: DeliveryOrder["memories"] = (marked) => ({ own: marked ?? {}, other: {} });
/** Limit of the bytes that are copied. */
const MAX_COPY = 4 * 1024 * 1024;

export interface AlarmTest {
  target: Target;
  vault: Vault;
  channels: Channels;
  source: AlarmSource;
  log: (line: string) => void;
}

/**
 * @throws {BackupError} `alarm_not_raised` when the damage was not found or not delivered; `alert_failed` when the
 * alarm could not be cleared; `no_backup_found`; `vault_*`. The copy is deleted in every case but the last.
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
  await removeDamagedCopies(vault);
  await attempt(async () => {
    const alarm = await findDamage(vault, await writeDamagedCopy(test));
    log(`found: ${alarm.facts.join(" ")}`);
    await requireRaised(test, alarm);
    log("the alarm was raised");
  });
  await attempt(() => removeDamagedCopies(vault));
  await attempt(() => clearAlarm(test));
  if (errors.length > 0) throw errors[0];
  log("the alarm was cleared");
}

/** Writes the head of the newest backup with one bit flipped, and a manifest of the unchanged bytes. @returns its key */
async function writeDamagedCopy({ vault, target }: AlarmTest): Promise<string> {
  const original = await newestBackup(vault, target);
  const bytes = await beginningOf(vault, original);
  const manifest: AnyManifest = await parseManifest(await vault.text(siblingKeys(original).manifest));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const [archive, beside] = [original, siblingKeys(original).manifest].map((key) =>
    SELF_TEST_PREFIX + key.slice(VAULT_ROOT.length + 1)
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
    memories,
  });
  if (failures.length > 0) {
    const reasons = failures.map(({ message }) => message).join("; ");
    throw new BackupError("alarm_not_raised", `The alarm was not delivered: ${reasons}`, {
      cause: failures[0],
    });
  }
  if (channels.issues === null) return;
  const isThere = (await channels.issues.open()).some(({ number, mark }) =>
    number === delivered?.issue?.number && mark.id === alarm.id
  );
  if (!isThere) {
    throw new BackupError("alarm_not_raised", "The alarm's issue is not there after it was opened");
  }
}

async function clearAlarm({ channels, source }: AlarmTest): Promise<void> {
  const { failures } = await deliver(channels, {
    alarms: [],
    decided: [TEST_ALARM],
    source,
    test: true,
    memories,
  });
  const [first] = failures;
  if (first !== undefined) throw first;
  const left = (await channels.issues?.open() ?? []).filter(({ mark }) => mark.id === TEST_ALARM);
  if (left.length > 0) throw new BackupError("alert_failed", "The test's issue is open after it was closed");
}

async function removeDamagedCopies(vault: Vault): Promise<void> {
  for await (const { key } of vault.list(SELF_TEST_PREFIX)) await vault.delete(key);
}
