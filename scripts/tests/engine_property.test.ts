/**
 * The restored copy equals its source for any schema and rows. fast-check generates them; a failure prints the seed
 * and the smallest case that fails.
 */
import process from "node:process";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { identifier, literal } from "../lib/postgres/sql_text.ts";
import { verifyStored } from "../lib/verify/verify_stored.ts";
import {
  backUp,
  createProject,
  type EnginePlace,
  type EngineVault,
  progressWith,
  restore,
  sql,
  startEnginePlace,
} from "./engine_fixture.ts";

/** The nightly workflow sets a higher number. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 3);

let place: EnginePlace;
let server: SupabaseServer;
let store: EngineVault;

beforeAll(async () => {
  place = await startEnginePlace();
  ({ server, store } = place);
});

afterAll(() => place?.stop());

/** Common and uncommon names: quotes, blanks, capitals, letters of other scripts. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/),
  fc.string({ unit: fc.constantFrom(..."aZ \"'.;-\\%çé漢🙂\n$"), minLength: 1, maxLength: 10 }),
);

const column = fc.record({
  name,
  type: fc.constantFrom(
    "text",
    "integer",
    "numeric(12,2)",
    "boolean",
    "jsonb",
    "timestamptz",
    "uuid",
    "text[]",
  ),
  notNull: fc.boolean(),
  comment: fc.option(fc.string({ maxLength: 12 })),
});
type Column = typeof column extends fc.Arbitrary<infer T> ? T : never;

const roles = ["anon", "authenticated", "service_role"] as const;
const privileges = ["select", "insert", "update", "delete", "truncate", "references"] as const;

const table = fc.record({
  columns: fc.uniqueArray(column, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
  key: fc.constantFrom("identity", "serial", "uuid", "none"),
  check: fc.boolean(),
  index: fc.boolean(),
  view: fc.boolean(),
  refers: fc.boolean(),
  rls: fc.constantFrom("off", "on", "forced"),
  policies: fc.uniqueArray(
    fc.record({
      name,
      command: fc.constantFrom("all", "select", "insert", "update", "delete"),
      role: fc.constantFrom(...roles, "public"),
      restrictive: fc.boolean(),
    }),
    { maxLength: 2, selector: ({ name }) => name },
  ),
  grants: fc.array(
    fc.record({
      role: fc.constantFrom(...roles),
      privilege: fc.constantFrom(...privileges),
      option: fc.boolean(),
      revoke: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  texts: fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 6 }),
});
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

const project = fc.record({
  schema: fc.option(name),
  tables: fc.dictionary(name, table, { minKeys: 1, maxKeys: 5 }),
  sequences: fc.uniqueArray(
    fc.record({ name, start: fc.integer({ min: 1, max: 1_000_000 }), calls: fc.nat(3) }),
    { maxLength: 2, selector: ({ name }) => name },
  ),
});
type Project = typeof project extends fc.Arbitrary<infer T> ? T : never;

/** The SQL that creates a project; prefixes separate kinds with equal names, and avoid the server's own names. */
function statementsOf({ schema, tables, sequences }: Project): string {
  const space = identifier(schema === null ? "public" : `s_${schema}`);
  const made = Object.entries(tables).map(([name, table], i, all) => {
    const other = table.refers ? all.slice(0, i).find(([, { key }]) => key === "identity") : undefined;
    return tableStatements(`${space}.${identifier(`t_${name}`)}`, table, space, name, other?.[0]);
  });
  const free = sequences.flatMap(({ name, start, calls }) => {
    const sequence = `${space}.${identifier(`q_${name}`)}`;
    const call = `select nextval(${literal(sequence)});`;
    return [`create sequence ${sequence} start ${start};`, ...Array.from({ length: calls }, () => call)];
  });
  return [...(schema === null ? [] : [`create schema ${space};`]), ...made.flat(), ...free].join("\n");
}

const KEYS = {
  identity: "k bigint generated always as identity primary key",
  serial: "k serial primary key",
  uuid: "k uuid primary key default gen_random_uuid()",
  none: "k integer",
} as const;

function tableStatements(
  at: string,
  table: Table,
  space: string,
  name: string,
  other: string | undefined,
): string[] {
  const columns = [KEYS[table.key], "amostra text", ...table.columns.map(describeColumn)];
  if (table.check) columns.push("check (length(amostra) < 1000)");
  if (other !== undefined) columns.push(`pai bigint references ${space}.${identifier(`t_${other}`)}`);
  return [
    `create table ${at} (${columns.join(", ")});`,
    ...table.columns.flatMap(({ name, comment }) =>
      comment === null ? [] : [`comment on column ${at}.${identifier(`c_${name}`)} is ${literal(comment)};`]
    ),
    ...table.texts.map((text) => `insert into ${at} (amostra) values (${literal(text)});`),
    ...(table.index ? [`create index on ${at} (lower(amostra)) where amostra <> '';`] : []),
    ...(table.view
      ? [`create view ${space}.${identifier(`v_${name}`)} as select *, upper(amostra) as maior from ${at};`]
      : []),
    ...(table.rls === "off" ? [] : [`alter table ${at} enable row level security;`]),
    ...(table.rls === "forced" ? [`alter table ${at} force row level security;`] : []),
    ...table.policies.map((policy) => policyStatement(at, policy)),
    ...table.grants.map(({ role, privilege, option, revoke }) =>
      revoke
        ? `revoke ${privilege} on ${at} from ${role};`
        : `grant ${privilege} on ${at} to ${role}${option ? " with grant option" : ""};`
    ),
  ];
}

function describeColumn({ name, type, notNull }: Column): string {
  const filled = type === "text" && notNull ? " not null default ''" : "";
  return `${identifier(`c_${name}`)} ${type}${filled}`;
}

function policyStatement(
  at: string,
  { name, command, role, restrictive }: Table["policies"][number],
): string {
  const using = command === "insert" ? "" : " using (amostra is not null)";
  const check = ["all", "insert", "update"].includes(command) ? " with check (amostra <> 'não')" : "";
  return `create policy ${identifier(`p_${name}`)} on ${at} as ${
    restrictive ? "restrictive" : "permissive"
  } ` +
    `for ${command} to ${role}${using}${check};`;
}

test("random projects are equal after backup and restore", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(project, async (project) => {
      const [from, to] = [`de_${++run}`, `para_${run}`];
      const source = await createProject(server, from);
      await sql(source, statementsOf(project));
      const { keys } = await backUp(store.vault, source);
      const checks = await verifyStored(store.vault, keys.archive, progressWith({}));
      // this vault has no keys
      const failed = checks.filter(({ name, verdict }) => verdict !== "PASS" && name !== "signature");
      if (failed.length > 0) throw new Error(JSON.stringify(failed));
      await restore(store.vault, await createProject(server, to), keys.archive);
      const { differences } = await compareDatabases(
        server.url("postgres", from),
        server.url("postgres", to),
      );
      if (differences.length > 0) throw new Error(differences.join("\n"));
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000 + RUNS * 30_000);
