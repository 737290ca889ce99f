/** Commands that are ended by a signal while the vault has stopped answering. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeArguments } from "../dev/child_process.ts";
import { throughRelay } from "./broken_links.ts";
import { binaries, commandEnvironment, fixture, sql } from "./engine_fixture.ts";
import { type CatalogScene, keysOf, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;

beforeAll(async () => {
  place = await startCatalogScene();
  await sql(place.prod, await fixture("other_content.sql"));
});

afterAll(() => place?.stop());

/** The first request that matches, and all that follow, get no answer. */
const POINTS = {
  "the first request": () => true,
  "the parts": ({ url = "" }: IncomingMessage) => url.includes("partNumber="),
  "the archive's completion": ({ method, url = "" }: IncomingMessage) =>
    method === "POST" && url.includes("uploadId="),
  "the manifest": ({ method, url = "" }: IncomingMessage) => method === "PUT" && url.includes(".manifest."),
};

test.each(Object.entries(POINTS))(
  "SIGTERM ends a backup within 5 s while the vault hangs from %s on, and its run ends",
  async (_name, isPoint) => {
    await place.empty();
    let isHanging = false;
    const breaks = (incoming: IncomingMessage) => {
      isHanging ||= incoming.url?.includes("/revo/") === true && isPoint(incoming);
      return isHanging ? { after: 0, how: "silence" } as const : null;
    };
    await throughRelay(place.store, { breaks }, async (_vault, endpoint) => {
      const child = spawn(process.execPath, nodeArguments("scripts/backup.ts"), {
        env: {
          ...commandEnvironment(place),
          PATH: `${binaries.folder}:${process.env.PATH}`,
          R2_ENDPOINT: endpoint,
          R2_RETRY_SECONDS: "60",
          SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
          TARGET: "prod",
        },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.on("data", (chunk: Uint8Array) => said += String(chunk));
      const ended = once(child, "close");
      await expect.poll(() => isHanging, { timeout: 30_000 }).toBe(true);
      const began = Date.now();
      child.kill("SIGTERM");
      const [code] = await ended;
      expect({ code, said }).toMatchObject({ code: 130, said: expect.stringContaining("run_cancelled") });
      expect(Date.now() - began).toBeLessThan(5_000);
    });
    expect(await sql(place.prod, "select status from public.ops_db_backup_runs;")).toEqual(["cancelled"]);
    // a backup is listed only as a whole
    const keys = await keysOf(place.store.vault, "revo/");
    if (keys.some((key) => key.endsWith(".manifest.json"))) expect(keys).toHaveLength(5);
  },
  60_000,
);
