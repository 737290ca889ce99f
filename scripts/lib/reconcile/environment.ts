/** What a reconciliation reads from the environment. */
import { z } from "zod";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { vaultFields } from "../vault/environment.ts";

export const reconcileEnvironment = z.object({ ...requesterFields, ...vaultFields, APPLY: yes });
