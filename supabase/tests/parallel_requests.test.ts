/** Simultaneous requests, each on its own connection: one run is created, and every caller gets its id. */
import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { become, outcomeOf, TestCluster } from "./cluster.ts";
import { backupOf, request, restoreInto, restoreOfProd } from "./run_calls.ts";

const REQUESTERS = 200;

let cluster: TestCluster;
let sql: Sql;
let requesters: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("parallel");
  requesters = cluster.connect("parallel", "postgres", REQUESTERS);
  const backends = await Promise.all(
    Array.from(
      { length: REQUESTERS },
      () => requesters.unsafe("select pg_backend_pid() as pid, pg_sleep(1)"),
    ),
  );
  expect(new Set(backends.map(([row]) => row?.pid)).size).toBe(REQUESTERS);
});
afterAll(() => cluster.stop());

/** All at once, each in its own transaction, as requests through PostgREST are. */
function requestAll(orderOf: (index: number) => Parameters<typeof request>[2] & { id: string }) {
  return Promise.allSettled(
    Array.from({ length: REQUESTERS }, (_, index) => {
      const { id, ...order } = orderOf(index);
      return requesters.begin((tx) => request(tx, id, order));
    }),
  );
}

interface Found {
  request_id: string;
  kind: string;
  target: string;
  status: string;
}

/** The rows that were written, which are deleted for the next test. */
async function takeRuns(): Promise<Found[]> {
  const found = await sql.unsafe<Found[]>(
    "select request_id, kind, target, status from public.ops_db_backup_runs where kind <> 'plan'",
  );
  await sql.unsafe("delete from public.ops_db_backup_runs");
  return [...found];
}

it("200 requests with one id create one run, and all return it", async () => {
  const id = randomUUID();
  const answers = await requestAll(() => ({ id, ...backupOf("prod") }));
  const values = answers.map((answer) => answer.status === "fulfilled" ? answer.value : answer.reason);
  expect(values.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(values.map(({ run }) => run?.id)).size).toBe(1);
  expect(await takeRuns()).toEqual([{ request_id: id, kind: "backup", target: "prod", status: "queued" }]);
});

it("200 requests with different ids create one run; the others are refused with the run that holds the lock", async () => {
  const restore = await restoreOfProd(sql);
  const answers = await requestAll((index) => ({
    id: randomUUID(),
    ...(index % 2 === 0 ? backupOf("prod") : restore),
  }));
  const won = answers.filter((answer) => answer.status === "fulfilled");
  const lost = answers.filter((answer) => answer.status === "rejected").map(({ reason }) => reason);
  const [run] = await takeRuns();
  expect(won).toHaveLength(1);
  expect(lost.map(({ hint }) => hint)).toEqual(Array(REQUESTERS - 1).fill("busy"));
  expect(new Set(lost.map(({ detail }) => JSON.parse(detail).request_id))).toEqual(
    new Set([run?.request_id]),
  );
});

it("simultaneous restores of three targets create one run", async () => {
  const targets = ["prod", "dev", "verify"] as const;
  const prod = await restoreOfProd(sql);
  const answers = await requestAll((index) => {
    const target = targets[index % 3] ?? "dev";
    return { id: randomUUID(), ...(target === "prod" ? prod : restoreInto(target)) };
  });
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await takeRuns()).toHaveLength(1);
});

it("one of 200 requests replaces a lost run", async () => {
  await sql.unsafe(
    `insert into public.ops_db_backup_runs (kind, target, mode, request_id, status, heartbeat_at)
    values ('backup', 'prod', 'full', $1, 'running', now() - interval '11 minutes')`,
    [randomUUID()],
  );
  const answers = await requestAll(() => ({ id: randomUUID(), ...backupOf("prod") }));
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const found = await takeRuns();
  expect(found.map(({ status }) => status).sort()).toEqual(["lost", "queued"]);
});

it("of two scripts that begin the same run at once, one continues", async () => {
  const value = JSON.stringify({
    request_id: randomUUID(),
    ...backupOf("prod"),
    github_run_id: 1,
    attempt: 1,
  });
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () =>
      outcomeOf(requesters.begin(async (tx) => {
        await become(tx, "service_role");
        await tx.unsafe("select public.ops_db_backup_run_start($1::text::jsonb)", [value]);
      }))),
  );
  expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(1);
  expect(new Set(outcomes)).toEqual(new Set(["ok", "PT409 request_id_reused"]));
  expect(await takeRuns()).toHaveLength(1);
});
