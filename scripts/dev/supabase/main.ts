/** The process of {@link startLite}; its settings are passed in the environment. */
import process from "node:process";
import { z } from "zod";
import { startLite } from "./lite_server.ts";

/** Names of the environment, read here and written by `supabase_part.ts`. */
const environment = z.object({
  LITE_PORT: z.coerce.number().int(),
  LITE_AUTHENTICATOR_URL: z.string(),
  LITE_AUTH_ADMIN_URL: z.string(),
  LITE_CATALOGUE_URL: z.string(),
  LITE_PUBLISHABLE_KEY: z.string(),
  LITE_SECRET_KEY: z.string(),
  LITE_JWT_SECRET: z.string(),
  LITE_SITE_URL: z.string(),
  LITE_FUNCTION_NAME: z.string(),
  LITE_FUNCTION_PORT: z.coerce.number().int(),
});

const env = environment.parse(process.env);
const server = await startLite({
  port: env.LITE_PORT,
  urls: {
    authenticator: env.LITE_AUTHENTICATOR_URL,
    authAdmin: env.LITE_AUTH_ADMIN_URL,
    catalogueReader: env.LITE_CATALOGUE_URL,
  },
  keys: {
    publishable: env.LITE_PUBLISHABLE_KEY,
    secret: env.LITE_SECRET_KEY,
    jwtSecret: env.LITE_JWT_SECRET,
  },
  siteUrl: env.LITE_SITE_URL,
  edgeFunction: { name: env.LITE_FUNCTION_NAME, port: env.LITE_FUNCTION_PORT },
});
process.once("SIGTERM", () => {
  void server.stop().then(() => process.exit(0));
});
