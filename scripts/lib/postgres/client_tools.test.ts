import { expect, test } from "vitest";
import { requireMatchingVersions } from "./client_tools.ts";

const tools = (version: string) => ({ psql: "psql", pgDump: "pg_dump", pgRestore: "pg_restore", version });
const server = (versionNumber: number) => ({
  ...{ version: String(versionNumber), versionNumber, databaseBytes: 0, user: "postgres" },
});

test.each([["15.13", 150013], ["17.5", 170005], ["16.9", 160003]])(
  "a client %s is refused: an archive could run programs through it",
  (version, number) => {
    expect(() => requireMatchingVersions(tools(version), server(number))).toThrow(/archive can run programs/);
  },
);

test.each([["15.14", 150013], ["17.6", 170006], ["18.0", 180000]])(
  "a client %s is used with its server",
  (version, number) => {
    expect(() => requireMatchingVersions(tools(version), server(number))).not.toThrow();
  },
);

test("the client that is to be installed is one of the server's major version", () => {
  expect(() => requireMatchingVersions(tools("15.13"), server(170002))).toThrow(
    expect.objectContaining({ hint: "Install the PostgreSQL 17 client, 17.6 or newer." }),
  );
});
