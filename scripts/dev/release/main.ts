/**
 * `npm run release`: whether this tree may go out as the version of its package.json.
 *
 *     npm run release -- check     says what is in the way; exit code 1 when something is
 *     npm run release -- seal      after that: remembers what goes out, supabase/released.json and docs/api.schema.json
 */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { EXIT } from "../../lib/run/main.ts";
import { releaseProblems } from "./check.ts";
import { hashesOf, unreleased } from "./migrations.ts";
import { API_FILE, readFacts, RELEASED_FILE, textOf } from "./read_facts.ts";

const [command, ...rest] = process.argv.slice(2);
if ((command !== "check" && command !== "seal") || rest.length > 0) {
  process.stderr.write("Usage: npm run release -- check | seal\n");
  process.exit(EXIT.badInput);
}
const facts = await readFacts();
const version = facts.versions["package.json"] ?? "";
const problems = releaseProblems(facts);
if (problems.length > 0) {
  process.stdout.write(`${version} may not go out:\n${problems.map((problem) => `- ${problem}\n`).join("")}`);
  process.exit(EXIT.failed);
}
if (command === "seal") {
  const { released, migrations, api } = facts;
  const hashes = Object.entries(hashesOf(migrations));
  const added = unreleased(released, migrations);
  const sealed = { migrations: Object.fromEntries(hashes.filter(([name]) => added.includes(name))) };
  await writeFile(RELEASED_FILE, textOf({ ...released, [version]: sealed }));
  await writeFile(API_FILE, textOf(api.current));
}
process.stdout.write(command === "seal" ? `${version} is sealed.\n` : `${version} may go out.\n`);
