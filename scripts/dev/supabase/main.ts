/** The process of {@link startLite}; `supabase_part.ts` passes its options in the environment, as JSON. */
import process from "node:process";
import { type LiteOptions, startLite } from "./lite_server.ts";

const options: LiteOptions = JSON.parse(process.env.LITE_OPTIONS ?? "");
const server = await startLite(options);
process.once("SIGTERM", () => {
  void server.stop().then(() => process.exit(0));
});
