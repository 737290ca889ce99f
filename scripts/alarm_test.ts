/**
 * Tests the alarm: plants a damaged copy, and fails unless it was found and delivered through every channel.
 *
 *     deno task alarm-test
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { alarmTestEnvironment, channelsOf } from "./lib/alerts/environment.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { runMain } from "./lib/run/main.ts";
import { testAlarm } from "./lib/watchdog/self_test.ts";

await runMain(async (_signal, output) => {
  const env = readEnvironment(alarmTestEnvironment, ownEnvironment());
  await testAlarm({
    target: env.TARGET,
    vault: vaultOf(env),
    channels: channelsOf(env),
    source: { at: new Date().toISOString(), runUrl: requesterOf(env, randomUUID).run?.url ?? null },
    log: (line) => output.print(line),
  });
});
