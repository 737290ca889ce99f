/** Sessions on a real server: statements, errors, end. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { Session, sqlstateOf } from "../lib/postgres/session.ts";
import { startWire } from "./broken_links.ts";
import { sqlNow } from "./engine_breakage.ts";
import { binaries, createProject, type EnginePlace, startEnginePlace } from "./engine_fixture.ts";

let place: EnginePlace;
let prod: Connection;

beforeAll(async () => {
  place = await startEnginePlace();
  prod = await createProject(place.server, "prod");
});
afterAll(() => place?.stop());

async function inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open({ connection: prod });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

test("runs statements one by one and returns rows as text", () =>
  inSession(async (session) => {
    const lines = await session.run(
      "create table public.t (a int, b text); insert into public.t values (1, ';'), (2, null); vacuum public.t; table public.t order by a;",
    );
    expect(lines).toEqual(["1|;", "2|"]);
    expect(await session.rows("select json_build_object('a', a) from public.t order by a;")).toEqual([{
      a: 1,
    }, {
      a: 2,
    }]);
  }));

test("an error has SQLSTATE and hint as fields, in any language, and ends the session", async () => {
  const session = await Session.open({ connection: prod });
  const failing = session.run(
    "do $$ begin raise exception 'FEHLER: Tabelle ist gesperrt' using errcode = 'PT409', hint = 'busy'; end $$;",
  );
  await expect(failing).rejects.toMatchObject({
    code: "database_error",
    message: "FEHLER: Tabelle ist gesperrt",
    details: { sqlstate: "PT409", hint: "busy" },
  });
  await failing.catch((error) => expect(sqlstateOf(error)).toBe("PT409"));
  await expect(session.run("select 1;")).rejects.toMatchObject({ details: { sqlstate: "PT409" } });
});

test("no words that a statement prints are taken for its end, or for the end of its errors", async () => {
  const session = await PsqlSession.open({ psql: binaries.path("psql"), connection: prod });
  const guesses = Array.from({ length: 9 }, (_, n) => `@done-${n}`);
  const lines = await session.run(guesses.map((guess) => `select '${guess}';`).join("\n"));
  expect(lines).toEqual(guesses);
  const warn = Array.from({ length: 9 }, (_, n) => `@errors-${n}`).join("\n");
  await session.run("begin;");
  const failed = await session.runPassingOver(
    `do $$ begin raise warning '%', '${warn}'; end $$;\nselect pg_sleep(0.3);\nselect 1/0;`,
  );
  expect(failed).toMatchObject([{ message: "division by zero" }]);
  await session.close();
});

const WARNING = "do $$ begin raise warning 'wal_level is insufficient' using errcode = '55000'; end $$;";

test("of psql's output an error is reported, not a warning before it", async () => {
  const options = { psql: binaries.path("psql"), connection: prod };
  const failing = await PsqlSession.open(options);
  await expect(failing.run(`${WARNING} select 1 / 0;`)).rejects.toMatchObject({
    message: "division by zero",
    details: { sqlstate: "22012" },
  });
  const wire = await startWire(place.server.port);
  const env = { ...prod.env, PGPORT: String(wire.port) };
  try {
    const cut = await PsqlSession.open({ ...options, connection: { ...prod, env } });
    await cut.run(WARNING);
    wire.cut();
    await expect(cut.run("select 1;")).rejects.toMatchObject({ details: { sqlstate: null } });
  } finally {
    wire.server.close();
  }
});

test("a wrong password and a closed port have different errors", async () => {
  const env = { ...prod.env, PGPASSWORD: "wrong" };
  await expect(Session.open({ connection: { ...prod, env } })).rejects.toMatchObject({
    code: "database_auth_failed",
  });
  const closed = { ...prod, env: { ...prod.env, PGPORT: "1" } };
  await expect(Session.open({ connection: closed })).rejects.toMatchObject({ code: "database_unreachable" });
});

test("a connection is refused when TLS is required and the server has none", async () => {
  const env = { ...prod.env, PGSSLMODE: "require" };
  await expect(Session.open({ connection: { ...prod, env } })).rejects.toMatchObject({
    code: "database_unreachable",
  });
});

test("a signal ends the wait for a server that never answers", async () => {
  const silent = createServer((socket) => void socket.on("error", () => {}).resume());
  await once(silent.listen(0, "127.0.0.1"), "listening");
  const { port } = silent.address() as AddressInfo;
  const env = { ...prod.env, PGPORT: String(port) };
  const cancel = new AbortController();
  const began = performance.now();
  const opening = Session.open({ connection: { ...prod, env }, signal: cancel.signal });
  setTimeout(() => cancel.abort(new Error("stopped")), 200);
  await expect(opening).rejects.toThrow("stopped");
  expect(performance.now() - began).toBeLessThan(2000);
  // resolves when no connection is left
  await new Promise((resolve) => silent.close(resolve));
});

test("a signal cancels the running statement", async () => {
  const cancel = new AbortController();
  const session = await Session.open({ connection: prod, signal: cancel.signal });
  const { pid } = session;
  const running = session.run("select pg_sleep(60);");
  setTimeout(() => cancel.abort(new Error("stopped")), 200);
  await expect(running).rejects.toMatchObject({ code: "run_cancelled" });
  await expect.poll(() =>
    sqlNow(prod, `select count(*) from pg_stat_activity where pid = ${pid} and state = 'active'`)
  ).toBe("0");
});

test("a lost connection has its own error", async () => {
  const session = await Session.open({ connection: prod });
  const running = session.run("select pg_sleep(60);");
  sqlNow(place.server.connection("supabase_admin", "prod"), `select pg_terminate_backend(${session.pid})`);
  await expect(running).rejects.toMatchObject({ details: { sqlstate: "57P01" } });
});

/** Forwards connections and, like Supabase's pooler, replaces the process in BackendKeyData by a number of its own. */
async function startPooler({ host, env }: Connection) {
  const keyData = Buffer.from([0x4b, 0, 0, 0, 12]);
  const pooler = createServer((client) => {
    const server = connect({ host, port: Number(env.PGPORT) });
    client.on("error", () => {}).pipe(server);
    server.on("error", () => {}).on("end", () => client.end());
    server.on("data", (chunk: Buffer) => {
      const at = chunk.indexOf(keyData);
      if (at >= 0) chunk.writeInt32BE(1, at + keyData.length);
      client.write(chunk);
    });
  });
  await once(pooler.listen(0, host), "listening");
  const { port } = pooler.address() as AddressInfo;
  return { connection: { host, env: { ...env, PGPORT: String(port) } }, close: () => pooler.close() };
}

test("the process of a session behind a pooler is the server's", async () => {
  const pooler = await startPooler(prod);
  const session = await Session.open({ connection: { ...prod, ...pooler.connection } });
  const query = `select count(*) from pg_stat_activity where pid = ${session.pid} and datname = 'prod'`;
  expect(sqlNow(prod, query)).toBe("1");
  await session.close();
  pooler.close();
});

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    await Promise.resolve();
    yield new TextEncoder().encode(text);
  }
}

test("COPY takes rows in any pieces, and returns how many the server has", () =>
  inSession(async (session) => {
    await session.run("create table public.linhas (id integer, texto text);");
    expect(await session.copy("copy public.linhas from stdin", pieces("1\ta", "bc\n2\t\\", "N\n"))).toBe(2);
    async function* many() {
      const piece = Buffer.from("3\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(8000));
      for (let i = 0; i < 40; i++) {
        await Promise.resolve();
        yield piece;
      }
    }
    expect(await session.copy("copy public.linhas from stdin", many())).toBe(320_000);
    expect(await session.run("select count(*), min(texto) from public.linhas;")).toEqual([
      `320002|abc`,
    ]);
  }));

test("COPY ends with the server's error, the connection's, or that of the source", async () => {
  const copy = "copy public.linhas from stdin";
  const refused = await Session.open({ connection: prod });
  await expect(refused.copy(copy, pieces("x\ty\n"))).rejects.toMatchObject({
    details: { sqlstate: "22P02" },
  });

  async function* endless(terminate: () => unknown) {
    const piece = Buffer.from("3\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(8000));
    for (let i = 0;; i++) {
      if (i === 20) await terminate();
      await Promise.resolve();
      yield piece;
    }
  }
  const killed = await Session.open({ connection: prod });
  const terminated = async () => {
    sqlNow(prod, `select pg_terminate_backend(${killed.pid})`);
    await expect.poll(() => killed.lost).not.toBeNull();
  };
  await expect(killed.copy(copy, endless(terminated))).rejects.toMatchObject({
    details: { sqlstate: "57P01" },
  });

  // of rows that are written to a closed connection, the system's error may come before what the server said
  const busy = await Session.open({ connection: prod });
  const end = () => sqlNow(prod, `select pg_terminate_backend(${busy.pid})`);
  await expect(busy.copy(copy, endless(end))).rejects.toMatchObject({
    code: expect.stringMatching(/^database_(?:error|unreachable)$/),
  });

  const broken = await Session.open({ connection: prod });
  async function* failing() {
    yield* pieces("4\ta\n");
    throw new BackupError("archive_corrupt", "unreadable");
  }
  await expect(broken.copy(copy, failing())).rejects.toMatchObject({ code: "archive_corrupt" });
  const found = sqlNow(prod, "select count(*) from public.linhas where id > 3");
  expect(found).toBe("0");
});

test("a text of two statements is refused where one is expected", async () => {
  const session = await Session.open({ connection: prod });
  const refused = session.each([
    "create table public.primeira (id integer)",
    "create table public.uma (id integer); create table public.outra (id integer)",
  ]);
  await expect(refused).rejects.toMatchObject({ details: { sqlstate: "42601" } });
  expect(sqlNow(prod, "select coalesce(to_regclass('public.uma'), to_regclass('public.primeira')) is null"))
    .toBe("t");
});
