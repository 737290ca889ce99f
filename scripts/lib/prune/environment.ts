/** What a pruning reads from the environment. */
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { vaultFields } from "../vault/environment.ts";

/** Without a target, every target is pruned. */
export const pruneEnvironment = z.object({
  ...requesterFields,
  ...vaultFields,
  TARGET: targetSchema.optional(),
  APPLY: yes,
});
