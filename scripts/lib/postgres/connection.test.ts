import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseDatabaseUrl } from "./connection.ts";
import { tlsProofOf, tlsWarning } from "./tls.ts";

const NAME = "SUPABASE_DB_URL_PROD";

test("a URL becomes libpq's environment, decoded, and prints without its password", () => {
  const url =
    "postgres://postgres.abcdefghijklmnopqrst:p%40ss%2Fw@aws-0-sa-east-1.pooler.supabase.com:5432/postgres?sslmode=require";
  const connection = parseDatabaseUrl(url, NAME);
  expect(connection.env).toMatchObject({
    PGHOST: "aws-0-sa-east-1.pooler.supabase.com",
    PGUSER: "postgres.abcdefghijklmnopqrst",
    PGPASSWORD: "p@ss/w",
    PGSSLMODE: "require",
  });
  expect(connection.projectRef).toBe("abcdefghijklmnopqrst");
  expect(String(connection)).not.toContain("p@ss");
});

test("an IPv6 host loses its brackets", () => {
  expect(parseDatabaseUrl("postgresql://u:p@[::1]/db", NAME).env).toMatchObject({
    PGHOST: "::1",
    PGPORT: "5432",
  });
});

test("the transaction pooler is refused by name", () => {
  expect(() => parseDatabaseUrl("postgres://u:p@x.pooler.supabase.com:6543/postgres", NAME))
    .toThrow(expect.objectContaining({ code: "transaction_pooler", hint: expect.stringContaining("5432") }));
});

test.each([
  "",
  "nonsense",
  "http://u:secret@h/db",
  "postgres://u:secret@h",
  "postgres://u:secret@h/db?evil=1",
  "postgres://u:secret@h/db?channel_binding=require",
  "postgres://u:secret@h/db?gssencmode=require",
])(
  "%j is refused without showing a password",
  (url) => {
    let message = "accepted";
    try {
      parseDatabaseUrl(url, NAME);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(NAME);
    expect(message).not.toContain("secret");
  },
);

describe("TLS", () => {
  const pooler = "aws-0-sa-east-1.pooler.supabase.com";
  const file = fileURLToPath(import.meta.url);
  const at = (host: string, query = "", SUPABASE_CA_FILE?: string) =>
    parseDatabaseUrl(`postgres://u:secret@${host}/db${query}`, NAME, { SUPABASE_CA_FILE });

  test.each([
    ["this machine", "127.0.0.1", "", undefined, undefined],
    ["this machine", "localhost", "?sslmode=disable", file, "disable"],
    ["nothing", "banco.example", "", file, "require"],
    ["name", "banco.example", "?sslmode=verify-full", undefined, "verify-full"],
    ["authority", "banco.example", "?sslmode=verify-ca&sslrootcert=/x", undefined, "verify-ca"],
    ["name", pooler, "", file, "verify-full"],
    ["name", pooler, "?sslmode=require", file, "verify-full"],
    ["nothing", pooler, "", undefined, "require"],
    ["nothing", pooler, "", "/there/is/none", "require"],
    ["authority", pooler, "?sslmode=require&sslrootcert=/x", file, "require"],
  ])("proves %s of %s%s with the certificate %s", (proof, host, query, root, mode) => {
    const connection = at(host, query, root);
    expect([tlsProofOf(connection), connection.env.PGSSLMODE]).toEqual([proof, mode]);
    expect(tlsWarning(connection) === null).toBe(proof !== "nothing");
  });

  test.each(["disable", "allow", "prefer"])("sslmode=%s is refused for another machine", (mode) => {
    expect(() => at("banco.example", `?sslmode=${mode}`)).toThrow(
      expect.objectContaining({
        code: "missing_environment",
        message: expect.stringContaining("without TLS"),
      }),
    );
  });
});
