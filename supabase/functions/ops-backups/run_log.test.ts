import assert from "node:assert/strict";
import { readLog } from "./run_log.ts";
import { exampleRun, MemoryDatabase, REQUEST_ID } from "./test_fakes.ts";

Deno.test("readLog() hides a secret also where a long line is cut within it", async () => {
  const database = new MemoryDatabase();
  database.rows.set(REQUEST_ID, exampleRun({ request_id: REQUEST_ID, status: "failed", github_run_id: 1 }));
  const text = `${"x".repeat(380)} postgres://owner:very-secret-password@db.example\n`;
  const github = { readFailedLog: () => Promise.resolve({ step: "Restaurar", endedAt: null, text }) };
  const { step, lines } = await readLog({ action: "log", request_id: REQUEST_ID }, { database, github });
  assert.equal(step, "Restaurar");
  assert.doesNotMatch(lines.join(), /very-sec/);
});
