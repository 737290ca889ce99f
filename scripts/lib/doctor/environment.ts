/** What the doctor itself reads from the environment. */
import { z } from "zod";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";

/** The variables that it checks are read in settings.ts, which requires none of them. */
export const doctorEnvironment = z.object({
  ...requesterFields,
  REPORT: yes,
  R2_ACCESS: z.enum(["read", "write"]).default("write"),
});
