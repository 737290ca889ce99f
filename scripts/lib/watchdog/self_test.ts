/**
 * Tests the alarm from end to end: damages an archive in a vault in memory, finds it by the watchdog's check, delivers the
 * alarm through the real channels and verifies that it arrived. It needs no credential of vault or database: whether the
 * real vault can be read is a condition of every round of the watchdog.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  type Channels,
  deliver,
  type DeliveryOrder,
} from "../../../supabase/functions/_shared/alerts/deliver.ts";
import type { Alarm, AlarmSource } from "@backup/watch/alarm.ts";
import { BackupError } from "@backup/errors.ts";
import { buildKeys, toUtcSecond } from "@backup/vault/object_key.ts";
import type { Target } from "@backup/target.ts";
import { backupCorrupt } from "@backup/watch/vault.ts";
import { compareStored } from "./compare_stored.ts";
import { MemoryStore } from "../vault/memory_store.ts";
import { StoredVault } from "../vault/stored_vault.ts";

/** Not a condition of the watchdog, which therefore does not change this alarm. */
export const TEST_ALARM = "alarm_test";
/** Only the issue of the test knows what the webhook accepted. */
const memories: DeliveryOrder["memories"] = (marked) => ({ own: marked ?? {}, other: {} });
const SAMPLE_BYTES = 4096;

export interface AlarmTest {
  target: Target;
  channels: Channels;
  source: AlarmSource;
  log: (line: string) => void;
}

/**
 * @throws {BackupError} `alarm_not_raised` when the damage was not found or not delivered; `alert_failed` when the
 * alarm could not be cleared.
 */
export async function testAlarm(test: AlarmTest): Promise<void> {
  const { log } = test;
  const errors: unknown[] = [];
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (thrown) {
      errors.push(thrown);
    }
  };
  await attempt(async () => {
    const alarm = await findDamage(test);
    log(`found: ${alarm.facts.join(" ")}`);
    await requireRaised(test, alarm);
    log("the alarm was raised");
  });
  await attempt(() => clearAlarm(test));
  if (errors.length > 0) throw errors[0];
  log("the alarm was cleared");
}

/** Stores bytes of which one bit differs from what was promised of them. */
async function findDamage({ target, source }: AlarmTest): Promise<Alarm> {
  const { archive: key } = buildKeys({
    target,
    createdAtUtc: toUtcSecond(new Date(source.at)),
    label: "teste-do-alarme",
  });
  const bytes = randomBytes(SAMPLE_BYTES);
  const promised = { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  bytes[SAMPLE_BYTES / 2] = (bytes[SAMPLE_BYTES / 2] ?? 0) ^ 1;
  const vault = new StoredVault(new MemoryStore());
  await vault.put(key, bytes, "application/gzip");
  const reason = await compareStored(vault, key, promised);
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
