import { z } from "zod";
import { type Command, EXAMPLE_KEY } from "../command/command.ts";
import {
  AGE_IDENTITY,
  CATALOG,
  keyOrNewest,
  newestOf,
  positive,
  REQUESTER,
  VAULT,
} from "../command/options.ts";

export const lookCommand: Command = {
  name: "look",
  summary: "look into a backup: its tables, a page of one, a search; nothing is restored",
  about: [
    "Without `--table` and `--search` the tables with their rows. A page has 50 rows, an answer at most 200.",
    "A search over all tables finds the text exactly as it is written, one in a table does not regard accents and case.",
    "Columns of `scripts/personal_columns.txt` are covered until `--show`, which needs `--reason`.",
    "Rows are written to the terminal alone, also with `--json`. The catalog's audit gets counts and a keyed hash of the text,",
    "before rows are shown. A backup without an index is read as a whole.",
    "On GitHub it answers the sealed request of a screen, by its `REQUEST_ID` and with `LOOK_PRIVATE_KEY`, and prints nothing of",
    "it; without the key it refuses.",
  ],
  task: "look",
  options: [
    { ...keyOrNewest, isRequired: true },
    newestOf,
    {
      flag: "table",
      variable: "LOOK_TABLE",
      value: { placeholder: "TABLE" },
      summary: "a table, by name or `schema.table`",
    },
    {
      flag: "page",
      variable: "LOOK_PAGE",
      value: { placeholder: "N", schema: positive.int("must be a whole number") },
      summary: "which fifty rows of the table",
      fallback: "1",
    },
    {
      flag: "search",
      variable: "LOOK_SEARCH",
      value: {
        placeholder: "TEXT",
        schema: z.string().min(3, "has fewer than 3 characters").max(200, "is longer than 200 characters"),
      },
      summary: "rows with this text, 3 to 200 characters",
    },
    { flag: "show", variable: "LOOK_SHOW", summary: "show the personal columns too; recorded" },
    ...REQUESTER,
  ],
  operand: "key",
  settings: [
    ...VAULT,
    AGE_IDENTITY,
    { ...CATALOG, isRequired: false, when: "records the look in the audit; without it nothing is recorded" },
    { variable: "LOOK_PRIVATE_KEY", when: "on GitHub: opens the request of a screen; a secret" },
  ],
  environment: async () => (await import("./environment.ts")).lookEnvironment,
  examples: [
    { line: "look newest", meaning: "the tables of the newest full backup of prod" },
    { line: "look newest --table clientes --page 3", meaning: "rows 101 to 150" },
    { line: `look ${EXAMPLE_KEY} --search PV00012345`, meaning: "in all tables" },
    {
      line: 'look newest --table clientes --search joao --show --reason "pedido do cliente"',
      meaning: "with names",
    },
  ],
  exits: [],
};
