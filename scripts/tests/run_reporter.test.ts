/** A run continues, and ends in time, when its catalog becomes unreachable. */
import { randomUUID } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../lib/catalog/catalog.ts";
import { RunReporter } from "../lib/run/run_reporter.ts";
import { type CatalogScene, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;

beforeAll(async () => place = await startCatalogScene());
afterAll(() => place?.stop());

/** The database through a relay that can become unreachable: it then takes two seconds to close each new connection. */
async function losableServer({ prod }: CatalogScene) {
  let [isLost, attempts] = [false, 0];
  const open = new Set<Socket>();
  const relay = createServer((socket) => {
    open.add(socket.on("error", () => {}));
    if (isLost) {
      attempts++;
      setTimeout(() => socket.destroy(), 2000);
      return;
    }
    const upstream = connect({ host: prod.host, port: Number(prod.env.PGPORT) });
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    connection: { ...prod, host: "127.0.0.1", env: { ...prod.env, PGPORT: String(address.port) } },
    lose: () => {
      isLost = true;
      for (const socket of open) socket.destroy();
    },
    attempts: () => attempts,
    stop: () => relay.close(),
  };
}

test("an unreachable catalog gets one request at a time and does not delay the end of the run", async () => {
  const server = await losableServer(place);
  const catalog = new Catalog({ connection: server.connection });
  const reporter = new RunReporter({
    catalog,
    now: () => Date.now(),
    print: () => {},
    showBytes: () => {},
    onEnd: () => {},
    onGitHub: false,
  });
  const rest = { mode: "full", label: null, r2_key: null, reason: null, github_run_id: null, run_url: null };
  const request_id = randomUUID();
  const run = {
    ...rest,
    request_id,
    kind: "backup",
    target: "prod",
    requested_by: "teste",
    attempt: 1,
  } as const;
  expect(await reporter.start(run)).toBe(true);
  server.lose();
  for (let n = 1; n <= 32; n++, await sleep(250)) reporter.bytes(n, null);
  await reporter.finish({
    status: "succeeded",
    r2_key: null,
    error_code: null,
    error_message: null,
    result: null,
  }, new AbortController().signal);
  await catalog.close();
  server.stop();
  // eight seconds with an attempt each two, and the run's end; one a second would be nine
  expect(server.attempts()).toBeGreaterThanOrEqual(2);
  expect(server.attempts()).toBeLessThanOrEqual(6);
  expect(reporter.warnings).toEqual([
    expect.stringContaining("the run's end could not be written to the catalog"),
  ]);
});
