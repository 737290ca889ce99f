/**
 * For the adoption's test: GitHub and Supabase of the ERP's project, with the function of the adopted repository, and
 * the calls of the ERP's older page in a browser.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "@playwright/test";
import { z } from "zod";
import type { Checkout } from "../dev/adopt/checkout.ts";
import { startGitHub } from "../dev/github/mod.ts";
import { makeKeys } from "../dev/keys.ts";
import { ROOT } from "../dev/root.ts";
import { startLite } from "../dev/supabase/lite_server.ts";
import { findFreePort } from "../lib/server/free_port.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { binaries, denoCache, type TestPlace } from "./engine_fixture.ts";

export const REPOSITORY = { owner: "revo", repo: "erp" };

export interface ErpProject {
  /** Of Supabase's API, the function included. */
  url: string;
  githubUrl: string;
  token: string;
  publishableKey: string;
  /** What the function has asked of the database's API. */
  databaseCalls(): Recorder["seen"];
  signUp(email: string): Promise<{ id: string; token: string }>;
  stop(): Promise<void>;
}

/** What the ERP's client sends with each call, and the ERP's permission functions may read. */
export const CLIENT_HEADERS = {
  "x-revo-request-id": "7",
  "x-correlation-id": "8",
  "x-empresa-id": "00000000-0000-4000-8000-000000000007",
};

const session = z.object({ access_token: z.string(), user: z.object({ id: z.string() }) });
const DENO = join(ROOT, "node_modules", ".bin", "deno");

/** On the databases `prod` and `dev` of a place. */
export async function startProject({ server, store }: TestPlace, erp: Checkout): Promise<ErpProject> {
  const keys = makeKeys();
  const token = "ghp_test";
  const [apiPort, functionPort] = [await findFreePort(), await findFreePort()];
  const url = `http://127.0.0.1:${apiPort}`;
  const github = await startGitHub({
    port: 0,
    workspace: erp.root,
    repository: `${REPOSITORY.owner}/${REPOSITORY.repo}`,
    token,
    secrets: {
      ...store.secrets,
      SUPABASE_DB_URL_PROD: server.url("postgres", "prod"),
      SUPABASE_DB_URL_DEV: server.url("postgres", "dev"),
    },
    variables: {
      REVO_POSTGRES_MAJOR: String(binaries.major),
      REVO_PROJECT_ASSERTS: "../scripts/rg03_db_asserts.sql",
    },
    env: {
      PATH: [binaries.folder, join(ROOT, "node_modules", ".bin")].join(delimiter),
      NO_COLOR: "1",
      ...denoCache(),
    },
    log: () => {},
  });
  const lite = await startLite({
    port: apiPort,
    urls: {
      authenticator: server.url("authenticator", "prod"),
      authAdmin: server.url("supabase_auth_admin", "prod"),
      catalogueReader: server.url("postgres", "prod"),
    },
    keys,
    siteUrl: url,
    edgeFunction: { name: "ops-backups", port: functionPort },
  });
  const database = await startRecorder(url);
  const edge = spawn(
    DENO,
    [
      "run",
      "--no-prompt",
      "--cached-only",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "supabase/functions/ops-backups/index.ts",
    ],
    {
      cwd: join(erp.root, "backups"),
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...denoCache(),
        DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${functionPort}`,
        SUPABASE_URL: database.url,
        SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
        GITHUB_TOKEN: token,
        GITHUB_REPO: `${REPOSITORY.owner}/${REPOSITORY.repo}`,
        GITHUB_API_URL: github.url,
        ALLOWED_ORIGINS: "https://erp.example.com, suffix:.erp.example.com, erp",
      },
    },
  );
  await untilReady(edge, functionPort);
  return {
    url,
    token,
    githubUrl: github.url,
    publishableKey: keys.publishable,
    databaseCalls: () => database.seen.filter(({ path }) => path.startsWith("/rest/v1/")),
    async signUp(email) {
      const response = await fetch(`${url}/auth/v1/signup`, {
        method: "POST",
        headers: { apikey: keys.publishable, "content-type": "application/json" },
        body: JSON.stringify({ email, password: "senha-bem-longa" }),
      });
      const { access_token, user } = session.parse(await response.json());
      return { id: user.id, token: access_token };
    },
    async stop() {
      edge.kill();
      await database.stop();
      await lite.stop();
      await github.stop();
    },
  };
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The function ended with ${child.exitCode}`);
    if (await fetch(`http://127.0.0.1:${port}`).then(() => true, () => false)) return;
    await sleep(100);
  }
}

/** @returns calls the function from a page of that origin as the older client does: status and body, or the browser's error. */
export async function olderClient(browser: Browser, { url, publishableKey }: ErpProject, origin: string) {
  // the function is on this machine, which pages of other hosts may not call without permission
  const context = await browser.newContext({ permissions: ["local-network-access"] });
  const page = await context.newPage();
  await page.route(
    `${origin}/**`,
    (route) => route.fulfill({ contentType: "text/html", body: "<title>ERP</title>" }),
  );
  await page.goto(`${origin}/desenvolvedor/backups`);
  await page.unrouteAll(); // while requests are intercepted, Playwright answers the preflights itself
  return (token: string, body: object): Promise<unknown> =>
    page.evaluate(async ({ address, headers, text }) => {
      try {
        const response = await fetch(address, { method: "POST", headers, body: text });
        return { status: response.status, body: await response.json() };
      } catch (error) {
        return String(error);
      }
    }, {
      address: `${url}/functions/v1/ops-backups`,
      text: JSON.stringify(body),
      headers: {
        apikey: publishableKey,
        "content-type": "application/json",
        "x-client-info": "supabase-js-web/2.39.0",
        ...CLIENT_HEADERS,
        ...token === "" ? {} : { authorization: `Bearer ${token}` },
      },
    });
}
