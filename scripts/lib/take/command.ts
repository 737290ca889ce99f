import { TAKE_PROD_CONFIRMATION, TARGETS } from "@backup/target.ts";
import { z } from "zod";
import { type Command, EXAMPLE_KEY } from "../command/command.ts";
import {
  AGE_IDENTITY,
  AGE_RECIPIENTS,
  allowUnsigned,
  DATABASES,
  keyOrNewest,
  REQUESTER,
  SIGNER,
  target,
  VAULT,
} from "../command/options.ts";

const HASH = "b3a1c0b1e8f1c3a0d7d6c1f0a9e8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0";

export const takeCommand: Command = {
  name: "take",
  summary: "give rows of a backup back to the living database: a few, or those of one table",
  about: [
    "Without `--apply` it reviews and writes nothing: what would be created, changed and deleted, what comes along and why, what",
    "keeps it from being done. With `--review` the patch is in a file that only its owner reads; `--apply` with the hash",
    "that the review printed applies exactly that file, within 30 minutes, all or nothing. A row that changed since is refused.",
    "Parents that are missing, children that were deleted with a row and links that became NULL come along. Triggers do not fire.",
    "Each take leaves a reverse patch in the vault; `--undo` with its key reviews it in the same way.",
    "Rows are written to the terminal and the file alone; on GitHub it refuses. More than 100,000 rows of a table are refused.",
  ],
  task: "take",
  options: [
    { ...target, summary: "which database gets the rows, and whose backup `newest` is" },
    { ...keyOrNewest, summary: "of which backup, by its key in the vault, or `newest`" },
    {
      flag: "table",
      variable: "TAKE_TABLE",
      value: { placeholder: "TABLE" },
      summary: "of which table, by name or `schema.table`",
    },
    {
      flag: "where-key",
      variable: "TAKE_KEYS",
      value: { placeholder: "KEYS" },
      summary: 'only these rows: keys separated by commas, or `[["7", "a"], ["9", "b"]]`',
    },
    {
      flag: "search",
      variable: "TAKE_SEARCH",
      value: {
        placeholder: "TEXT",
        schema: z.string().min(3, "has fewer than 3 characters").max(200, "is longer than 200 characters"),
      },
      summary: "only rows with this text, without regard to accents and case",
    },
    {
      flag: "missing",
      variable: "TAKE_MISSING",
      summary: "create the rows that are missing; without another choice this is done",
    },
    { flag: "changed", variable: "TAKE_CHANGED", summary: "give rows that changed their old values" },
    {
      flag: "new",
      variable: "TAKE_NEW",
      summary: "delete rows that the backup does not hold; of a whole table",
    },
    {
      flag: "undo",
      variable: "TAKE_UNDO",
      value: { placeholder: "KEY" },
      summary: "take back a take, by the key that it printed, instead of rows of a backup",
    },
    {
      flag: "review",
      variable: "TAKE_REVIEW",
      value: { placeholder: "FILE", isFile: true },
      summary: "the file that the review writes, or that is applied; it holds rows",
    },
    {
      flag: "apply",
      variable: "TAKE_APPLY",
      value: { placeholder: "HASH", schema: z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256") },
      summary: "apply the review in the file, whose patch has this hash",
    },
    {
      flag: "confirm",
      variable: "CONFIRM_TAKE",
      value: { placeholder: TAKE_PROD_CONFIRMATION, choices: [TAKE_PROD_CONFIRMATION] },
      summary: "that rows of prod are to be written; with a reason",
    },
    {
      flag: "confirm-source",
      variable: "CONFIRM_SOURCE",
      value: { placeholder: "TARGET", choices: [...TARGETS] },
      summary: "that rows of a backup of this other database go into prod",
    },
    allowUnsigned,
    { flag: "show", variable: "TAKE_SHOW", summary: "show the personal columns too; recorded" },
    ...REQUESTER,
  ],
  operand: "key",
  settings: [...VAULT, SIGNER, AGE_RECIPIENTS, AGE_IDENTITY, ...DATABASES],
  environment: async () => (await import("./environment.ts")).takeEnvironment,
  examples: [
    {
      line: `take ${EXAMPLE_KEY} --table clientes --where-key 17,42 --review volta.jsonl`,
      meaning: "reviews two customers that were deleted",
    },
    {
      line: "take newest --table produtos --changed --review volta.jsonl",
      meaning: "reviews the old values of a whole table",
    },
    {
      line: `take --review volta.jsonl --apply ${HASH} --confirm TAKE_PROD --reason "migração errada"`,
      meaning: "applies a review to prod",
    },
    {
      line:
        "take --undo revo/prod/2026/01/15/take_prod_20260115_101500_b3a1c0b1e8f1.json --review desfaz.jsonl",
      meaning: "reviews the way back",
    },
  ],
  exits: ["busy", "outcomeUnknown"],
};
