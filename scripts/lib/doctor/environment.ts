/** What the doctor itself reads from the environment. */
import { z } from "zod";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";

/** Of what it examines it reads the rest by itself: nothing may be required there. */
export const doctorEnvironment = z.object({ ...requesterFields, REPORT: yes });
