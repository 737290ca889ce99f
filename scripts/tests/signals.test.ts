/** A signal ends a command within five seconds, whatever it waits for, and a second one at once. */
import { spawn } from "node:child_process";
import type { IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ROOT } from "../dev/root.ts";
import { startVaultRelay } from "./broken_links.ts";
import { commandEnvironment, createProject, fixture, sql } from "./engine_fixture.ts";
import { type CatalogScene, keysOf, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;
beforeAll(async () => {
  place = await startCatalogScene();
  await sql(place.prod, await fixture("every_kind.sql"));
});
beforeEach(() => place.empty());
afterAll(() => place?.stop());

function command(file: string, env: Record<string, string>) {
  const deno = join(ROOT, "node_modules", ".bin", "deno");
  return running(deno, ["run", "-A", "--cached-only", `scripts/${file}.ts`], env);
}

function running(program: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...commandEnvironment(place),
      SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
      TARGET: "prod",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Uint8Array) => said += String(chunk));
  }
  // by now its output is read to the end, which "exit" does not wait for
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, ended, said: () => said };
}
type Command = ReturnType<typeof running>;

/** @returns its exit code, and the milliseconds from the signal to its end */
async function endedBy(signal: NodeJS.Signals, { child, ended }: Command): Promise<[number | null, number]> {
  const from = performance.now();
  child.kill(signal);
  try {
    const late = sleep(20_000, "still there" as const);
    const code = await Promise.race([ended, late]);
    if (code === "still there") throw new Error("still there after 20 s");
    return [code, performance.now() - from];
  } finally {
    child.kill("SIGKILL");
  }
}

/** A connection to the database that can become silent; `came` counts what is sent to it from then on. */
async function startSilenceableDatabase() {
  let isSilent = false;
  let came = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    if (isSilent) return void came++;
    const onward = connect(place.server.port, "127.0.0.1");
    sockets.add(onward.on("error", () => {}));
    socket.on("data", (chunk) => isSilent ? came++ : onward.write(chunk)).on("close", () => onward.destroy());
    onward.on("data", (chunk) => isSilent || socket.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(place.server.url("postgres", "prod"));
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    silence: () => isSilent = true,
    came: () => came,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const runs = () => sql(place.prod, "select status from public.ops_db_backup_runs;");

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s while the catalog does not answer the start of a run",
  async (signal) => {
    const database = await startSilenceableDatabase();
    try {
      database.silence();
      const backup = command("backup", { SUPABASE_DB_URL_PROD: database.url });
      await expect.poll(database.came, { timeout: 30_000 }).toBeGreaterThan(0);
      const [code, ms] = await endedBy(signal, backup);
      expect(backup.said()).toContain(`run_cancelled (phase: start): ended by ${signal}`);
      expect(code).toBe(130);
      expect(ms).toBeLessThan(5_000);
    } finally {
      database.stop();
    }
  },
  60_000,
);

test("SIGTERM while the catalog does not answer the end of a run", async () => {
  const database = await startSilenceableDatabase();
  const relay = await startVaultRelay(place.store.secrets.R2_ENDPOINT, {
    // before the manifest is stored: whatever the catalog is sent afterwards belongs to the end of the run
    intercept: ({ method, url = "" }) => {
      if (method === "PUT" && url.includes(".manifest.json")) database.silence();
      return null;
    },
  });
  try {
    const backup = command("backup", { SUPABASE_DB_URL_PROD: database.url, R2_ENDPOINT: relay.endpoint });
    await expect.poll(backup.said, { timeout: 30_000 }).toContain("] manifest");
    await expect.poll(database.came, { timeout: 30_000 }).toBeGreaterThan(0);
    await sleep(1_000);
    const [code, ms] = await endedBy("SIGTERM", backup);
    // the backup exists; only its row is missing
    expect(code).toBe(4);
    expect(ms).toBeLessThan(5_000);
    expect(await keysOf(place.store.vault, "revo/prod/")).toContainEqual(
      expect.stringMatching(/\.manifest\.json$/),
    );
  } finally {
    database.stop();
    relay.server.closeAllConnections();
    relay.server.close();
  }
}, 60_000);

/** A vault that accepts requests and does not answer those that `isHeld` selects. */
async function startHeldVault(isHeld: (request: IncomingMessage) => boolean) {
  let held = 0;
  const { server, endpoint } = await startVaultRelay(place.store.secrets.R2_ENDPOINT, {
    intercept: (request) => {
      if (!isHeld(request)) return null;
      held++;
      return new Promise(() => {});
    },
  });
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint, held: () => held, stop };
}

const isOfBackup = ({ url = "" }: IncomingMessage) => url.includes("/revo/prod/");

test(
  "SIGTERM while the vault does not respond to an upload: the run is cancelled and its target released",
  async () => {
    const vault = await startHeldVault((request) => isOfBackup(request) && request.method !== "HEAD");
    try {
      const backup = command("backup", { R2_ENDPOINT: vault.endpoint });
      await expect.poll(vault.held, { timeout: 30_000 }).toBeGreaterThan(0);
      const [code, ms] = await endedBy("SIGTERM", backup);
      expect(backup.said()).toContain("ended by SIGTERM");
      expect([130, 137]).toContain(code);
      expect(ms).toBeLessThan(5_000);
      expect(await runs()).toEqual(["cancelled"]);
    } finally {
      vault.stop();
    }
  },
  60_000,
);

/** A command whose work ignores signals. */
const UNRESPONSIVE = `
  const { runMain } = await import("./scripts/lib/run/main.ts");
  await runMain(async (_signal, output) => {
    output.print("begun");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });`;

async function unresponsiveCommand(runtime: "node" | "deno"): Promise<Command> {
  const [program, ...args] = runtime === "deno"
    ? [join(ROOT, "node_modules", ".bin", "deno"), "eval"]
    : [process.execPath, "--import", "tsx", "--input-type=module", "-e"];
  const command = running(program ?? "", [...args, UNRESPONSIVE], {});
  await expect.poll(command.said, { timeout: 30_000 }).toContain("begun");
  return command;
}

test.each(["node", "deno"] as const)("a second signal ends a %s command at once", async (runtime) => {
  const command = await unresponsiveCommand(runtime);
  command.child.kill("SIGINT");
  await sleep(1_200);
  const [code, ms] = await endedBy("SIGTERM", command);
  expect(command.said()).toContain("ended at once: a second signal, SIGTERM");
  expect(code).toBe(137);
  expect(ms).toBeLessThan(1_000);
}, 60_000);

test(
  "one Ctrl-C that is delivered twice counts once; work that ignores it is abandoned",
  async () => {
    const command = await unresponsiveCommand("deno");
    command.child.kill("SIGINT");
    await sleep(100);
    const [code, ms] = await endedBy("SIGINT", command);
    expect(command.said()).toContain(
      "run_cancelled: ended by SIGINT; what was under way did not end within 4.5 s",
    );
    expect(code).toBe(137);
    expect(ms).toBeLessThan(5_500);
  },
  60_000,
);

test("a restore that was already committed when the signal arrived ends as succeeded", async () => {
  const backup = command("backup", {});
  expect(await backup.ended).toBe(0);
  const [key = ""] = (await keysOf(place.store.vault, "revo/prod/")).filter((name) =>
    name.endsWith(".dump.gz")
  );
  await createProject(place.server, "alvo");
  const restore = command("restore", {
    TARGET: "dev",
    R2_KEY: key,
    SUPABASE_DB_URL_DEV: place.server.url("postgres", "alvo"),
  });
  await expect.poll(restore.said, { timeout: 60_000, interval: 5 }).toContain("] cleanup");
  const [code, ms] = await endedBy("SIGTERM", restore);
  expect(code).toBe(0);
  expect(ms).toBeLessThan(5_000);
  expect(await sql(place.prod, "select status from public.ops_db_backup_runs where kind = 'restore';"))
    .toEqual(["succeeded"]);
}, 120_000);
