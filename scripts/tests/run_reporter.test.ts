/** A run continues, and ends in time, when its catalog becomes unreachable. */
import { randomUUID } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../lib/catalog/catalog.ts";
import { RunReporter } from "../lib/run/run_reporter.ts";
import { trackRun } from "../lib/run/tracked_run.ts";
import { awaitedLater } from "./awaited_later.ts";
import { sql } from "./engine_fixture.ts";
import { type CatalogScene, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;

beforeAll(async () => place = await startCatalogScene());
afterAll(() => place?.stop());

/** The database through a relay that can become unreachable: it then takes two seconds to close each new connection. */
async function losableServer({ prod }: CatalogScene) {
  let [isLost, attempts] = [false, 0];
  const open = new Set<Socket>();
  const relay = createServer((socket) => {
    open.add(socket.on("error", () => {}));
    if (isLost) {
      attempts++;
      setTimeout(() => socket.destroy(), 2000);
      return;
    }
    const upstream = connect({ host: prod.host, port: Number(prod.env.PGPORT) });
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    connection: { ...prod, host: "127.0.0.1", env: { ...prod.env, PGPORT: String(address.port) } },
    lose: () => {
      isLost = true;
      for (const socket of open) socket.destroy();
    },
    attempts: () => attempts,
    stop: () => relay.close(),
  };
}

function reporterOf(catalog: Catalog): RunReporter {
  return new RunReporter({
    catalog,
    now: () => Date.now(),
    print: () => {},
    showBytes: () => {},
    onEnd: () => {},
    onGitHub: false,
  });
}

function newRun() {
  const none = { label: null, r2_key: null, reason: null, github_run_id: null, run_url: null };
  const about = { kind: "backup", target: "prod", mode: "full", requested_by: "teste", attempt: 1 } as const;
  return { ...none, ...about, request_id: randomUUID() };
}

const none = { r2_key: null, error_code: null, error_message: null, result: null };

test("a start that is refused after the signal does not end the run of another script", async () => {
  const run = newRun();
  const holder = reporterOf(place.catalog);
  await holder.start(run);
  const reporter = reporterOf(place.catalog);
  const start = reporter.start(run);
  await Promise.all([
    expect(start).rejects.toMatchObject({ code: "request_id_reused" }),
    reporter.finish({ ...none, status: "cancelled" }, AbortSignal.abort()),
  ]);
  const status = `select status from public.ops_db_backup_runs where request_id = '${run.request_id}';`;
  expect(await sql(place.prod, status)).toEqual(["running"]);
  await holder.finish({ ...none, status: "succeeded" }, new AbortController().signal);
});

test("the requester of a run that was requested on the screen is the signed-in user, whatever the script says", async () => {
  const run = newRun();
  await sql(
    place.prod,
    `insert into public.ops_db_backup_runs (kind, target, mode, request_id, status, requested_by)
     values ('backup', 'prod', 'full', '${run.request_id}', 'queued', 'ana@revo.com.br');`,
  );
  const reporter = reporterOf(place.catalog);
  expect((await reporter.start({ ...run, requested_by: "github:outro" }))?.requestedBy).toBe(
    "ana@revo.com.br",
  );
  await reporter.finish({ ...none, status: "succeeded" }, new AbortController().signal);
});

test("a target whose URL cannot be used is the end of its run in the catalog", async () => {
  const requester = { requestId: randomUUID(), requestedBy: "teste", run: null, gitSha: null };
  const about = { target: "dev", mode: "full", label: null, r2_key: null, reason: null } as const;
  const spec = { kind: "backup", requester, about, copyAudit: () => Promise.resolve() } as const;
  const environment = {
    SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
    SUPABASE_DB_URL_DEV: "postgres://u:p@banco.example:5432/b?sslmode=disable",
  };
  const ended = trackRun(
    spec,
    environment,
    new AbortController().signal,
    () => Promise.reject(new Error("ran")),
  );
  await expect(ended).rejects.toMatchObject({ code: "missing_environment" });
  const status =
    `select status, error_code from public.ops_db_backup_runs where request_id = '${requester.requestId}';`;
  expect(await sql(place.prod, status)).toEqual(["failed|missing_environment"]);
});

test("a start whose answer was not waited for is ended", async () => {
  const run = newRun();
  const reporter = reporterOf(place.catalog);
  const start = awaitedLater(reporter.start(run));
  await reporter.finish({ ...none, status: "cancelled" }, AbortSignal.abort());
  await start;
  const status = `select status from public.ops_db_backup_runs where request_id = '${run.request_id}';`;
  expect(await sql(place.prod, status)).toEqual(["cancelled"]);
});

test("an unreachable catalog gets one request at a time and does not delay the end of the run", async () => {
  const server = await losableServer(place);
  const catalog = new Catalog({ connection: server.connection });
  const reporter = reporterOf(catalog);
  expect((await reporter.start(newRun()))?.requestedBy).toBe("teste");
  server.lose();
  for (let n = 1; n <= 32; n++, await sleep(250)) reporter.bytes(n, null);
  await reporter.finish({ ...none, status: "succeeded" }, new AbortController().signal);
  await catalog.close();
  server.stop();
  // eight seconds with an attempt each two, and the run's end; one a second would be nine
  expect(server.attempts()).toBeGreaterThanOrEqual(2);
  expect(server.attempts()).toBeLessThanOrEqual(6);
  expect(reporter.warnings).toEqual([
    expect.stringContaining("the run's end could not be written to the catalog"),
  ]);
});
