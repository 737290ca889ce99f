/** The vault: Cloudflare's own simulator of R2, in its own process; its settings are passed in the environment. */
import { Miniflare } from "miniflare";
import process from "node:process";
import { z } from "zod";

const env = z.object({
  R2_PORT: z.coerce.number().int(),
  R2_FOLDER: z.string(),
  R2_BUCKET: z.string(),
  R2_ACCESS_KEY_ID: z.string(),
  R2_SECRET_ACCESS_KEY: z.string(),
}).parse(process.env);

const simulator = new Miniflare({
  host: "127.0.0.1",
  port: env.R2_PORT,
  modules: true,
  // only the bucket's own address is used; the simulator requires a worker all the same
  script: "export default { fetch() { return new Response(null, { status: 404 }); } }",
  compatibilityDate: "2026-01-01",
  r2Buckets: {
    VAULT: {
      id: env.R2_BUCKET,
      s3Credentials: { accessKeyId: env.R2_ACCESS_KEY_ID, secretAccessKey: env.R2_SECRET_ACCESS_KEY },
    },
  },
  r2Persist: env.R2_FOLDER,
  telemetry: { enabled: false },
  cf: false,
});
process.once("SIGTERM", () => {
  void simulator.dispose().then(() => process.exit(0));
});
await simulator.ready;
