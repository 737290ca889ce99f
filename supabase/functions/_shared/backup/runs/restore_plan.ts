/**
 * The effects of a restore, as the result of a run of kind `plan` has them: `result.plan`. Made by
 * `scripts/lib/restore/plan.ts`, read by the screen. `null`: not known from the backup.
 */
import { z } from "zod";
import { modeSchema, targetSchema } from "../target.ts";
import { measureComparisonSchema } from "../vault/measures.ts";

/** What the restore does with an object that only the target has. */
export const FATES = ["moved_aside", "removed", "replaced"] as const;
export type PlannedFate = (typeof FATES)[number];

/** Facts that are missing in a backup with fewer proofs. */
export const UNKNOWNS = ["rows", "sequences", "schema", "roles", "extensions", "raw_size"] as const;
export type PlannedUnknown = (typeof UNKNOWNS)[number];

const knownObstacleSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("schema_only") }),
  z.object({ kind: z.literal("archive_size"), manifest: z.number(), stored: z.number() }),
  z.object({ kind: z.literal("archive_hash"), manifest: z.string(), stored: z.string() }),
  z.object({ kind: z.literal("extension_unavailable"), name: z.string() }),
  z.object({ kind: z.literal("extension_only_in_target"), name: z.string() }),
  z.object({
    kind: z.literal("extension_schema"),
    name: z.string(),
    backup: z.string(),
    target: z.string(),
  }),
  z.object({ kind: z.literal("platform_table"), table: z.string(), in: z.enum(["backup", "target"]) }),
  z.object({
    kind: z.literal("platform_column"),
    table: z.string(),
    column: z.string(),
    in: z.enum(["backup", "target"]),
  }),
  z.object({ kind: z.literal("platform_missing"), name: z.string(), needs: z.string() }),
  z.object({ kind: z.literal("not_owned"), name: z.string(), owner: z.string() }),
  z.object({ kind: z.literal("grantor"), name: z.string(), role: z.string() }),
  z.object({ kind: z.literal("older_server"), backup: z.number(), target: z.number() }),
  z.object({ kind: z.literal("safe_path"), name: z.string(), error: z.string() }),
  z.object({ kind: z.literal("partitioned_orphans"), name: z.string() }),
  z.object({ kind: z.literal("orphans"), name: z.string(), parent: z.string() }),
  z.object({
    kind: z.literal("lock_table"),
    needed: z.number(),
    capacity: z.number(),
    /** The current `max_locks_per_transaction`, and the value that is enough. */
    setting: z.number(),
    enough: z.number(),
  }),
]);

/** Why the restore would fail without a change. `other`: an obstacle of a newer script. */
export const obstacleSchema = z.union([
  knownObstacleSchema,
  z.object({ kind: z.string() }).transform(({ kind }) => ({ kind: "other", name: kind }) as const),
]);
export type PlannedObstacle = z.infer<typeof obstacleSchema>;

/** Bytes on the server, roughly and without the write-ahead log; until the cleanup it holds old and new. */
const diskSchema = z.object({
  now: z.number(),
  /** `null`: the backup does not state its size. */
  added: z.number().nullable(),
});
export type PlannedDisk = z.infer<typeof diskSchema>;

/** How long others are locked out: the longest of the restores that measured it, in whole seconds. */
const lockSchema = z.object({
  /** `null`: none did. */
  seconds: z.number().nullable(),
  measured: z.number(),
});
export type PlannedLock = z.infer<typeof lockSchema>;

/** The total number, and the first of them. */
function listed<Item extends z.ZodType>(item: Item) {
  return z.object({ total: z.number(), listed: z.array(item) });
}

const tableSchema = z.object({
  /** Quoted `schema.table`. */
  table: z.string(),
  backup: z.union([z.number(), z.literal("absent"), z.literal("unknown")]),
  target: z.union([z.number(), z.literal("absent")]),
  /** Rows that the target gains, negative when it loses some. */
  difference: z.number().nullable(),
});
export type PlannedTable = z.infer<typeof tableSchema>;

const lostObjectSchema = z.object({ kind: z.string(), name: z.string(), fate: z.enum(FATES) });
export type PlannedLoss = z.infer<typeof lostObjectSchema>;

const sessionSchema = z.object({
  pid: z.number(),
  user: z.string().nullable(),
  application: z.string().nullable(),
  since: z.string().nullable(),
  tables: z.array(z.string()),
});
export type PlannedSession = z.infer<typeof sessionSchema>;

const extensionSchema = z.object({
  name: z.string(),
  backup: z.string(),
  target: z.string().nullable(),
  available: z.boolean(),
});

/** Whether the stored archive was read and compared with its manifest's SHA-256. */
export const ARCHIVE_READINGS = ["equal", "different", "too_large", "no_manifest"] as const;
export type ArchiveReading = (typeof ARCHIVE_READINGS)[number];

/** The requester's account on the target, to tell whether the requester can sign in after the restore. */
const accountSchema = z.object({
  email: z.string(),
  /** `null`: the target has no such account. */
  createdAt: z.string().nullable(),
});
export type PlannedAccount = z.infer<typeof accountSchema>;

/** What the roles of the API may use after the restore of an archive without privileges. */
const accessSchema = z.object({
  /** The backup that the privileges are of; `null`: the target. */
  from: z.string().nullable(),
  roles: z.array(z.object({ role: z.string(), open: z.number() })),
  open: listed(z.object({ kind: z.string(), name: z.string(), roles: z.array(z.string()) })),
  closed: listed(z.object({ kind: z.string(), name: z.string() })),
});
export type PlannedAccess = z.infer<typeof accessSchema>;

export const restorePlanSchema = z.object({
  target: targetSchema,
  backup: z.object({
    key: z.string(),
    createdAt: z.string(),
    mode: modeSchema,
    /** To download. */
    bytes: z.number(),
    serverVersion: z.string(),
    proofs: z.enum(["complete", "hash", "none"]),
    unknown: z.array(z.enum(UNKNOWNS)),
    /** Absent in plans of an older script, which read no archive. */
    reading: z.enum(ARCHIVE_READINGS).optional(),
  }),
  /** `null` without the requester's e-mail, absent in plans of an older script. */
  account: accountSchema.nullish(),
  server: z.object({ version: z.string(), databaseBytes: z.number() }),
  tables: z.object({
    total: z.number(),
    /** Tables with another number of rows, or on one side only. */
    different: z.number(),
    backupRows: z.number().nullable(),
    targetRows: z.number(),
    listed: z.array(tableSchema),
  }),
  /** `null`: nothing is defined on either side; absent in plans of an older script. */
  business: measureComparisonSchema.nullish(),
  /** Schema and privileges, by name. */
  differences: listed(z.string()).nullable(),
  onlyInTarget: listed(lostObjectSchema).nullable(),
  extensions: z.array(extensionSchema).nullable(),
  /** Roles that the restore will create, without login. */
  missingRoles: z.array(z.string()).nullable(),
  /** The catalog's own objects. */
  stays: listed(z.string()),
  keepsTargetPrivileges: z.boolean(),
  /** Of an archive without privileges; `null` for another one, absent in plans of an older script. */
  access: accessSchema.nullish(),
  sessions: listed(sessionSchema),
  duration: z.object({
    seconds: z.number().nullable(),
    /** Number of restores that the prediction is measured from. */
    measured: z.number(),
    /** Absent in plans of an older script, and where the catalog did not tell. */
    locked: lockSchema.optional(),
  }),
  /** Absent in plans of an older script. */
  disk: diskSchema.optional(),
  obstacles: z.array(obstacleSchema),
});
export type PlannedRestore = z.infer<typeof restorePlanSchema>;

/** The plan in the result of a run; `null` if there is none or its format is unknown. */
export function planOf(run: { result: Record<string, unknown> | null }): PlannedRestore | null {
  return restorePlanSchema.safeParse(run.result?.plan).data ?? null;
}
