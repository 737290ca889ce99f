/** How many sessions of each kind load a stage, from the environment. */
import { z } from "zod";

/** A server has no use for more. */
const LIMIT = 16;

export const jobsField = { RESTORE_JOBS: z.coerce.number().int().min(1).max(LIMIT).optional() };
