/** A pooler that has no room, or does not know the project: waited for, and reported as what it is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { ROOT } from "../dev/root.ts";
import { withSecondTry } from "../lib/backup/second_try.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { Session } from "../lib/postgres/session.ts";
import {
  backUp,
  createProject,
  denoCache,
  type EnginePlace,
  sql,
  startEnginePlace,
  tools,
} from "./engine_fixture.ts";

const FULL =
  "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15";
const OLD_FULL =
  "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size";
const UNKNOWN = "(ENOTFOUND) tenant/user postgres.abcdefghijklmnopqrst not found";
const OLD_UNKNOWN = "Tenant or user not found";

let place: EnginePlace;
let prod: Connection;
let pooled: Connection;
let pooler: Server;
/** The pooler's answer to a connection with this start-up message; `null` connects it to the server. */
let answer: (startup: string) => string | null = () => null;

beforeAll(async () => {
  place = await startEnginePlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, "create table public.t as select 1 as a;");
  pooler = await startPooler(place.server.port);
  const { port } = pooler.address() as AddressInfo;
  pooled = { ...prod, env: { ...prod.env, PGPORT: String(port) } };
});
afterEach(() => answer = () => null);
afterAll(async () => {
  pooler?.close();
  await place?.stop();
});

/** Stands before the server as Supavisor does; its refusals have Supavisor's form. */
async function startPooler(port: number): Promise<Server> {
  const server = createServer((client) => {
    client.on("error", () => {});
    client.on("data", function start(chunk: Buffer) {
      const isRequestForTls = chunk.length === 8;
      if (isRequestForTls) return void client.write("N");
      client.off("data", start);
      const refusal = answer(chunk.toString("latin1"));
      if (refusal !== null) return void client.end(fatal(refusal));
      const upstream = connect(port, "127.0.0.1");
      upstream.on("error", () => client.destroy());
      client.on("close", () => upstream.destroy());
      upstream.write(chunk);
      client.pipe(upstream).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** An ErrorResponse of the protocol. */
function fatal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0CXX000\0M${message}\0\0`);
  const head = Buffer.alloc(5, "E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** Refuses the first connections of those that the filter selects. */
function refuseFirst(count: number, refusal: string, filter = /./): () => number {
  let refused = 0;
  answer = (startup) => filter.test(startup) && refused < count ? (refused++, refusal) : null;
  return () => refused;
}

const CLIENTS = {
  pg: (patienceMs?: number) => Session.open({ connection: pooled, patienceMs }),
  psql: (patienceMs?: number) => PsqlSession.open({ psql: tools.psql, connection: pooled, patienceMs }),
};

describe.each(["pg", "psql"] as const)("%s", (client) => {
  test.each([FULL, OLD_FULL, "sorry, too many clients already", "Max client connections reached"])(
    "waits while the pooler says: %s",
    async (refusal) => {
      const refused = refuseFirst(2, refusal);
      const session = await CLIENTS[client]();
      expect(await session.value("select to_json(a) from public.t;")).toBe(1);
      await session.close();
      expect(refused()).toBe(2);
    },
  );

  test("reports a pooler that stays full as busy, with its own words", async () => {
    answer = () => FULL;
    await expect(CLIENTS[client](600)).rejects.toMatchObject({
      code: "database_busy",
      message: expect.stringContaining(FULL),
    });
  });

  test.each([UNKNOWN, OLD_UNKNOWN])("reports as a wrong user or host, at once: %s", async (refusal) => {
    const refused = refuseFirst(9, refusal);
    await expect(CLIENTS[client]()).rejects.toMatchObject({
      code: "database_auth_failed",
      message: expect.stringMatching(/not found: .*user or host is wrong/),
      hint: expect.stringContaining("postgres.<project>"),
    });
    expect(refused()).toBe(1);
  });
});

test("a server without a free connection is waited for", async () => {
  const admin = place.server.connection("supabase_admin", "postgres");
  await sql(admin, "alter role postgres connection limit 1;");
  const only = await Session.open({ connection: prod });
  try {
    await expect(Session.open({ connection: prod, patienceMs: 0 })).rejects.toMatchObject({
      code: "database_busy",
    });
    setTimeout(() => void only.close(), 700);
    await (await Session.open({ connection: prod })).close();
  } finally {
    await only.close();
    await sql(admin, "alter role postgres connection limit -1;");
  }
});

test("pg_dump refused by a full pooler is started again", async () => {
  const refused = refuseFirst(1, FULL, /revo-backups dump/);
  const { manifest } = await backUp(place.store.vault, pooled);
  expect([refused(), manifest.rows["public.t"]]).toEqual([1, 1]);
});

describe("a second try", () => {
  const failing = (code: "database_busy" | "database_unreachable" | "dump_failed", times: number) => {
    let calls = 0;
    const work = () =>
      ++calls <= times ? Promise.reject(new BackupError(code, "no answer")) : Promise.resolve(calls);
    return { work, calls: () => calls };
  };
  const said: string[] = [];
  const options = { log: (line: string) => void said.push(line), pauseMs: 10 };

  test.each(["database_busy", "database_unreachable"] as const)("follows %s, once", async (code) => {
    expect(await withSecondTry(failing(code, 1).work, options)).toBe(2);
    expect(said.at(-1)).toContain("no answer: a second try");
    const down = failing(code, 9);
    await expect(withSecondTry(down.work, options)).rejects.toMatchObject({ code });
    expect(down.calls()).toBe(2);
  });

  test("does not follow another error", async () => {
    const broken = failing("dump_failed", 9);
    await expect(withSecondTry(broken.work, options)).rejects.toMatchObject({ code: "dump_failed" });
    expect(broken.calls()).toBe(1);
  });

  test.each([["schedule", true], ["workflow_dispatch", false]])(
    "is for the schedule alone: a backup by %s, %s",
    async (event, isTried) => {
      const deno = join(ROOT, "node_modules", ".bin", "deno");
      const closed = place.server.url("postgres", "prod").replace(/:\d+\//, ":1/");
      const child = spawn(deno, ["run", "-A", "--cached-only", "scripts/backup.ts"], {
        cwd: ROOT,
        env: {
          PATH: process.env.PATH,
          ...denoCache(),
          // the vault is not reached
          R2_ENDPOINT: "http://127.0.0.1:1",
          R2_ACCESS_KEY_ID: "x",
          R2_SECRET_ACCESS_KEY: "x",
          R2_RETRY_SECONDS: "0",
          TARGET: "prod",
          SUPABASE_DB_URL_PROD: closed,
          GITHUB_EVENT_NAME: event,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let printed = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Uint8Array) => {
          printed += String(chunk);
          if (printed.includes("a second try")) child.kill("SIGTERM");
        });
      }
      await once(child, "close");
      expect(printed.includes("a second try in 60 s")).toBe(isTried);
      expect(printed).toContain("ECONNREFUSED");
    },
  );
});
