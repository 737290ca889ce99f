/** Sessions on a server whose databases accept connections with TLS alone, or without TLS alone. */
import { execFileSync } from "node:child_process";
import { chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Session } from "../lib/postgres/session.ts";
import { makeServerFolder, serverUser } from "../lib/server/server_user.ts";
import { SupabaseServer } from "../lib/server/supabase.ts";
import { sqlNow } from "./engine_breakage.ts";
import { binaries } from "./engine_fixture.ts";

/** `postgres` has no entry for the database `outro`. */
const ENTRIES = `
hostssl   com_tls postgres 127.0.0.1/32 scram-sha-256
hostnossl sem_tls postgres 127.0.0.1/32 scram-sha-256
host      all     supabase_admin 127.0.0.1/32 scram-sha-256
`;

let folder: string;
let server: SupabaseServer;

beforeAll(async () => {
  folder = await makeServerFolder("revo-test-");
  const [key, certificate, entries] = [
    join(folder, "key"),
    join(folder, "crt"),
    join(folder, "entries.conf"),
  ];
  const made = ["-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...made], { stdio: "ignore" });
  await writeFile(entries, ENTRIES);
  const user = serverUser();
  if (user !== null) await chown(key, user.uid, user.gid);
  const settings = { ssl: "on", ssl_cert_file: certificate, ssl_key_file: key, hba_file: entries };
  server = await SupabaseServer.create({ binaries, folder, settings });
  const admin = server.connection("supabase_admin", "postgres");
  for (const name of ["com_tls", "sem_tls", "outro"]) sqlNow(admin, `create database ${name}`);
}, 120_000);
afterAll(async () => {
  await server?.stop("immediate");
  await rm(folder, { recursive: true, force: true });
});

async function hasTls(database: string, sslmode: string): Promise<unknown> {
  const { env, ...connection } = server.connection("postgres", database);
  const session = await Session.open({ connection: { ...connection, env: { ...env, PGSSLMODE: sslmode } } });
  try {
    return await session.value("select to_json(ssl) from pg_stat_ssl where pid = pg_backend_pid();");
  } finally {
    await session.close();
  }
}

// as libpq, which is what pg_dump uses with the same connection
test.each([
  ["com_tls", "prefer", true],
  ["com_tls", "allow", true],
  ["com_tls", "require", true],
  ["sem_tls", "prefer", false],
  ["sem_tls", "allow", false],
  ["sem_tls", "disable", false],
])("a database %s with sslmode=%s: TLS is %s", async (database, sslmode, expected) => {
  expect(await hasTls(database, sslmode)).toBe(expected);
  const { env } = server.connection("postgres", database);
  const connection = { ...server.connection("postgres", database), env: { ...env, PGSSLMODE: sslmode } };
  expect(sqlNow(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")).toBe(
    expected ? "t" : "f",
  );
});

test.each([["com_tls", "disable"], ["sem_tls", "require"], ["outro", "prefer"]])(
  "a database %s with sslmode=%s is refused with the server's reason",
  async (database, sslmode) => {
    await expect(hasTls(database, sslmode)).rejects.toMatchObject({
      code: "database_auth_failed",
      message: expect.stringContaining("pg_hba.conf"),
    });
  },
);
