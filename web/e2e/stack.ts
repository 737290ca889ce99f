/** The running stacks that the tests use, one for each worker, described by the files that `E2E_STACKS` names. */
import { readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { z } from "zod";

const userSchema = z.object({ email: z.string(), password: z.string() });
const stackSchema = z.object({
  screen: z.url(),
  /** URLs of the served parts. */
  screenFolder: z.string(),
  supabase: z.url(),
  publishableKey: z.string(),
  /** Connection string of the catalog, as role `postgres`. */
  prodDatabase: z.string(),
  devDatabase: z.string(),
  /** Stops and starts parts of the stack. */
  control: z.url(),
  /** Has `ops:view` and `ops:manage`. */
  admin: userSchema,
  /** Has `ops:view` alone. */
  viewer: userSchema,
  /** Has neither permission. */
  stranger: userSchema,
});
export type Stack = z.infer<typeof stackSchema>;
export type User = z.infer<typeof userSchema>;

/** One for each stack. @throws {Error} when `E2E_STACKS` is not set. */
export function stackFiles(): string[] {
  const files = process.env.E2E_STACKS;
  if (!files) throw new Error("Cannot test the screen: E2E_STACKS names no description of a stack");
  return files.split(delimiter);
}

/** The stack of this worker. @throws {Error} when its file is not what it should be. */
export function readStack(): Stack {
  const file = stackFiles()[Number(process.env.TEST_PARALLEL_INDEX ?? 0)];
  if (file === undefined) throw new Error("Cannot test the screen: there are more workers than stacks");
  return stackSchema.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** Stops a part of the stack during the work, and always starts it again. */
export async function without(
  stack: Stack,
  part: "function" | "supabase",
  work: () => Promise<void>,
): Promise<void> {
  await order(stack, "stop", part);
  try {
    await work();
  } finally {
    await order(stack, "start", part);
  }
}

async function order({ control }: Stack, verb: "start" | "stop", part: string): Promise<void> {
  const answer = await fetch(`${control}/${verb}/${part}`, { method: "POST" });
  if (!answer.ok) throw new Error(`Cannot ${verb} ${part}: HTTP ${answer.status} ${await answer.text()}`);
}
