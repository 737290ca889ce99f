/** A run continues, and ends in time, when its catalog becomes unreachable. */
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../lib/catalog/catalog.ts";
import { RunReporter } from "../lib/run/run_reporter.ts";
import { binaries, sql } from "./engine_fixture.ts";
import { type CatalogScene, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;

beforeAll(async () => place = await startCatalogScene());
afterAll(() => place?.stop());

/** psql as it is, until the file `down` is there; from then on it fails after two seconds, as with a server that is gone. */
async function psqlThatLosesItsServer() {
  const [program, down, attempts] = ["psql", "down", "attempts"].map((name) => join(place.folder, name));
  await writeFile(
    program ?? "",
    `#!/bin/sh
[ -e '${down}' ] || exec '${binaries.path("psql")}' "$@"
echo tried >>'${attempts}'
sleep 2
exit 2
`,
    { mode: 0o755 },
  );
  return {
    program: program ?? "",
    lose: async () => {
      await writeFile(down ?? "", "");
      await sql(
        place.prod,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'revo-backups' and pid <> pg_backend_pid();",
      );
    },
    attempts: async () => (await readFile(attempts ?? "", "utf8")).split("\n").length - 1,
  };
}

test("a catalog that becomes unreachable gets one request at a time, and does not delay the run's end", async () => {
  const psql = await psqlThatLosesItsServer();
  const catalog = new Catalog({ psql: psql.program, connection: place.prod });
  const reporter = new RunReporter({
    catalog,
    now: () => Date.now(),
    print: () => {},
    showBytes: () => {},
    onEnd: () => {},
    onGitHub: false,
  });
  const rest = { mode: "full", label: null, r2_key: null, reason: null, github_run_id: null, run_url: null };
  const request_id = randomUUID();
  const run = {
    ...rest,
    request_id,
    kind: "backup",
    target: "prod",
    requested_by: "teste",
    attempt: 1,
  } as const;
  expect(await reporter.start(run)).toBe(true);
  await psql.lose();
  for (let n = 1; n <= 32; n++, await sleep(250)) reporter.bytes(n, null);
  await reporter.finish({
    status: "succeeded",
    r2_key: null,
    error_code: null,
    error_message: null,
    result: null,
  }, new AbortController().signal);
  await catalog.close();
  // eight seconds, an attempt each two, and the run's end; one a second would be nine
  expect(await psql.attempts()).toBeLessThanOrEqual(6);
  expect(reporter.warnings).toEqual([
    expect.stringContaining("the run's end could not be written to the catalog"),
  ]);
});
