/** A network that drops everything without a sign: connections stay open, nothing arrives. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withDump } from "../lib/backup/with_dump.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { chooseGzip } from "../lib/process/gzip.ts";
import { RunReporter } from "../lib/run/run_reporter.ts";
import { startWire } from "./broken_links.ts";
import { sql, tools } from "./engine_fixture.ts";
import { type CatalogScene, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;
beforeAll(async () => place = await startCatalogScene());
afterAll(() => place?.stop());

async function throughWire<T>(
  work: (wire: { connection: Connection; silence(): void }) => Promise<T>,
): Promise<T> {
  const { prod } = place;
  const { port, server, cut, silence } = await startWire(Number(prod.env.PGPORT));
  try {
    return await work({ connection: { ...prod, env: { ...prod.env, PGPORT: String(port) } }, silence });
  } finally {
    cut();
    server.close();
  }
}

test("a backup that is under way ends with the reason", () =>
  throughWire(async ({ connection, silence }) => {
    const large =
      "create table public.grande as select sha512(n::text::bytea) as v from generate_series(1, 100000) n;";
    await sql(place.prod, large);
    const deps = { connection, tools, gzip: chooseGzip(), mode: "full", lockTimeoutMs: 30_000 } as const;
    const dumping = withDump({ ...deps, log: () => {}, answerLimitMs: 2000 }, async (attempt) => {
      const bytes = attempt.bytes();
      await bytes.next();
      silence();
      for await (const _ of bytes);
    });
    await expect(dumping).rejects.toMatchObject({
      code: "database_unreachable",
      message: "the server has not answered for 2 s",
    });
  }), 30_000);

test("a run ends without waiting for its catalog", () =>
  throughWire(async ({ connection, silence }) => {
    const catalog = new Catalog({ connection, answerLimitMs: 2000 });
    const [print, nothing] = [() => {}, () => {}];
    const deps = {
      catalog,
      now: () => Date.now(),
      print,
      showBytes: nothing,
      onEnd: nothing,
      onGitHub: false,
    };
    const reporter = new RunReporter(deps);
    const none = { label: null, r2_key: null, reason: null, github_run_id: null, run_url: null };
    const about = {
      kind: "backup",
      target: "prod",
      mode: "full",
      requested_by: "teste",
      attempt: 1,
    } as const;
    await reporter.start({ ...none, ...about, request_id: randomUUID() });
    silence();
    const end = {
      status: "succeeded",
      r2_key: null,
      error_code: null,
      error_message: null,
      result: null,
    } as const;
    await reporter.finish(end, new AbortController().signal);
    await catalog.close();
    expect(reporter.warnings).toEqual([expect.stringContaining("the server has not answered for 2 s")]);
  }), 30_000);
