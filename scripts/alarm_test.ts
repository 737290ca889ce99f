/**
 * Tests the alarm: damages an archive in memory, and fails unless that was found and delivered through every channel.
 *
 *     deno task alarm-test
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { alarmTestEnvironment, channelsOf } from "./lib/alerts/environment.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { runMain } from "./lib/run/main.ts";
import { testAlarm } from "./lib/watchdog/self_test.ts";

await runMain(async (_signal, output) => {
  const env = readEnvironment(alarmTestEnvironment, ownEnvironment());
  await testAlarm({
    target: env.TARGET,
    channels: channelsOf(env),
    source: { at: new Date().toISOString(), runUrl: requesterOf(env, randomUUID).run?.url ?? null },
    log: (line) => output.print(line),
  });
});
