/** Sessions on a server whose databases accept connections with TLS alone, or without TLS alone. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDatabaseUrl } from "../lib/postgres/connection.ts";
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
  makeCertificate(key, certificate);
  makeCertificate(join(folder, "other.key"), join(folder, "other.crt"));
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

/** Of an authority that issued its own, for the address 0.0.0.0. */
function makeCertificate(key: string, certificate: string): void {
  const names = ["-subj", "/CN=0.0.0.0", "-addext", "subjectAltName=IP:0.0.0.0", "-days", "2"];
  const made = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...made, ...names], { stdio: "ignore" });
}

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

describe("a server that is not on this machine's own address", () => {
  /** The same server, under an address that does not count as this machine's. */
  const ELSEWHERE = "0.0.0.0";
  const connection = (query: string, database = "com_tls") => {
    const url = server.url("postgres", database).replace("127.0.0.1", ELSEWHERE);
    return parseDatabaseUrl(`${url}${query}`, "a URL");
  };
  const opened = async (query: string, database?: string) => {
    const session = await Session.open({ connection: connection(query, database), patienceMs: 0 });
    try {
      return await session.value("select to_json(ssl) from pg_stat_ssl where pid = pg_backend_pid();");
    } finally {
      await session.close();
    }
  };
  const root = (name: string) => `sslrootcert=${encodeURIComponent(join(folder, name))}`;

  test("is reached with TLS, and not without it", async () => {
    expect(await opened("")).toBe(true);
    await expect(opened("", "sem_tls")).rejects.toMatchObject({ code: "database_auth_failed" });
    expect(() => connection("?sslmode=prefer")).toThrow("without TLS");
  });

  test("is refused with the certificate of another authority, and where the certificate has another name", async () => {
    expect(await opened(`?sslmode=verify-full&${root("crt")}`)).toBe(true);
    for (const refused of [`verify-full&${root("other.crt")}`, `verify-ca&${root("other.crt")}`]) {
      await expect(opened(`?sslmode=${refused}`)).rejects.toMatchObject({
        code: "database_unreachable",
        hint: expect.stringContaining("not the server of the URL"),
      });
      expect(() => sqlNow(connection(`?sslmode=${refused}`), "select 1")).toThrow();
    }
    // as Supabase's two roots: one name, two keys
    const both = ["other.crt", "crt"].map((name) => readFileSync(join(folder, name), "utf8"));
    await writeFile(join(folder, "both.crt"), both.join("# a comment\n"));
    expect(await opened(`?sslmode=verify-full&${root("both.crt")}`)).toBe(true);
    expect(sqlNow(connection(`?sslmode=verify-full&${root("both.crt")}`), "select 1")).toBe("1");
    const here = parseDatabaseUrl(
      `${server.url("postgres", "com_tls")}?sslmode=verify-full&${root("crt")}`,
      "a URL",
    );
    await expect(Session.open({ connection: here })).rejects.toMatchObject({
      code: "database_unreachable",
      hint: expect.stringContaining("not the server of the URL"),
    });
    expect(() => sqlNow(here, "select 1")).toThrow();
  });
});
