import { expect, test } from "vitest";
import { requesterOf } from "./requester.ts";
import { backupEnvironment } from "../backup/environment.ts";
import { connectionOf } from "../postgres/target_connection.ts";
import { readEnvironment } from "../process/environment.ts";
import { restoreEnvironment } from "../restore/environment.ts";

const vault = {
  R2_ENDPOINT: "https://x.r2.cloudflarestorage.com",
  R2_ACCESS_KEY_ID: "id",
  R2_SECRET_ACCESS_KEY: "key",
};

test("what GitHub leaves empty takes its default", () => {
  const env = readEnvironment(backupEnvironment, {
    ...vault,
    TARGET: "",
    MODE: "",
    LABEL: "",
    R2_BUCKET: "",
  });
  expect(env).toMatchObject({
    TARGET: "prod",
    MODE: "full",
    LABEL: null,
    R2_BUCKET: "revo-erp-backups-prod",
    VERIFY: false,
  });
});

test("all that is missing or wrong is reported together, without values", () => {
  let message = "accepted";
  try {
    readEnvironment(restoreEnvironment, { ...vault, R2_ENDPOINT: "s3cret-nonsense", R2_ACCESS_KEY_ID: "" });
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/TARGET is missing.*R2_KEY|R2_KEY.*TARGET is missing/);
  expect(message).toContain("R2_ACCESS_KEY_ID is missing");
  expect(message).toContain("R2_ENDPOINT");
  expect(message).not.toContain("s3cret");
});

test("a restore has no default target", () => {
  expect(() => readEnvironment(restoreEnvironment, { ...vault, R2_KEY: "k" })).toThrow(/TARGET is missing/);
});

test("a label with a foreign character is refused before anything runs", () => {
  expect(() => readEnvironment(backupEnvironment, { ...vault, LABEL: "a;rm -rf" })).toThrow(/LABEL: .*a;rm/);
});

test.each([
  [{ GITHUB_EVENT_NAME: "schedule", GITHUB_ACTOR: "bot" }, "schedule"],
  [
    { GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_ACTOR: "ana", REQUESTED_BY: "ana@revo.com.br" },
    "github:ana",
  ],
  [{ REQUESTED_BY: "ana@revo.com.br" }, "ana@revo.com.br"],
  [{ GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_ACTOR: "ana" }, "github:ana"],
  [{}, "command line"],
])("%j has the requester %s", (given, expected) => {
  const env = readEnvironment(backupEnvironment, { ...vault, ...given });
  expect(requesterOf(env, () => "00000000-0000-4000-8000-000000000000").requestedBy).toBe(expected);
});

test("a run of GitHub is linked", () => {
  const given = { ...vault, GITHUB_RUN_ID: "7", GITHUB_REPOSITORY: "revo/erp", GITHUB_RUN_ATTEMPT: "2" };
  const { run } = requesterOf(
    readEnvironment(backupEnvironment, given),
    () => "00000000-0000-4000-8000-000000000000",
  );
  expect(run).toEqual({ id: "7", url: "https://github.com/revo/erp/actions/runs/7", attempt: 2 });
});

test("a missing URL of the target is reported by its name", () => {
  expect(() => connectionOf("verify", {})).toThrow(/SUPABASE_DB_URL_VERIFY is missing/);
});
