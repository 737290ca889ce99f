import { expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { lockText } from "@backup/runs/restore_plan_text.ts";
import { planDuration } from "./plan_duration.ts";

test("without the catalog a plan does not say that no restore was measured", async () => {
  const unavailable = () => Promise.reject(new BackupError("catalog_unavailable", "no answer"));
  const { locked, reason } = await planDuration(unavailable, 1000);
  expect(reason).toBe("catalog_unavailable");
  expect(lockText(locked)).toMatch(/^não se sabe\. /);
  const { locked: none } = await planDuration(() => Promise.resolve([]), 1000);
  expect(lockText(none)).toMatch(/^não se sabe: nenhuma restauração o mediu/);
});
