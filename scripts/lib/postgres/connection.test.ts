import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseDatabaseUrl } from "./connection.ts";
import { SUPABASE_ROOTS, tlsProofOf, tlsWarning } from "./tls.ts";

const NAME = "SUPABASE_DB_URL_PROD";

test("a URL becomes libpq's environment, decoded, and prints without its password", () => {
  const url =
    "postgres://postgres.abcdefghijklmnopqrst:p%40ss%2Fw@aws-0-sa-east-1.pooler.supabase.com:5432/postgres?sslmode=require";
  const connection = parseDatabaseUrl(url, NAME);
  expect(connection.env).toMatchObject({
    PGHOST: "aws-0-sa-east-1.pooler.supabase.com",
    PGUSER: "postgres.abcdefghijklmnopqrst",
    PGPASSWORD: "p@ss/w",
    PGSSLMODE: "verify-full",
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
    ["name", pooler, "", undefined, "verify-full"],
    ["name", pooler, "", "", "verify-full"],
    // a file that is not there is an error of the connection, not a connection that proves nothing
    ["name", pooler, "", "/there/is/none", "verify-full"],
    ["nothing", pooler, "", "none", "require"],
    ["authority", pooler, "?sslmode=require&sslrootcert=/x", file, "require"],
  ])("proves %s of %s%s with the certificate %s", (proof, host, query, root, mode) => {
    const connection = at(host, query, root);
    expect([tlsProofOf(connection), connection.env.PGSSLMODE]).toEqual([proof, mode]);
    expect(tlsWarning(connection) === null).toBe(proof !== "nothing");
  });

  // as published by supabase/cli (prod-ca-2021, prod-ca-2025) and by the dashboard (2021)
  test("Supabase's roots are those with the published fingerprints, and none ends within a year", () => {
    const found = readFileSync(SUPABASE_ROOTS, "utf8").match(/-----BEGIN[^]*?END CERTIFICATE-----/g) ?? [];
    const roots = found.map((pem) => new X509Certificate(pem));
    expect(roots.map((root) => root.fingerprint256)).toEqual([
      "80:70:25:AD:50:D4:ED:21:9D:2C:9C:7D:29:9C:00:4F:82:4E:B0:0C:F7:F6:5A:FE:F6:07:D0:7B:72:E6:CA:FA",
      "5F:9B:77:95:1A:7A:A1:30:3F:9B:58:EE:A9:BF:A8:9E:35:8C:FD:C1:5F:97:86:FF:10:D4:93:0A:72:2C:9A:E2",
    ]);
    const inAYear = Date.now() + 365 * 86_400_000;
    expect(roots.filter((root) => Date.parse(root.validTo) < inAYear || !root.verify(root.publicKey)))
      .toEqual([]);
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
