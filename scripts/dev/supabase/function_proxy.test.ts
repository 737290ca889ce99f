import { createServer, request, type RequestListener, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { proxyToFunction } from "./function_proxy.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function proxyTo(port: number): Promise<string> {
  const own = await serve((incoming, response) => proxyToFunction(incoming, response, { name: "job", port }));
  return `http://127.0.0.1:${own}/functions/v1`;
}

test("method, path, headers, body and status pass unchanged in both directions", async () => {
  const url = await proxyTo(
    await serve(async (incoming, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const { authorization, origin } = incoming.headers;
      response.writeHead(418, { "x-answer": "yes", "access-control-allow-origin": "https://a.example" });
      response.end(
        JSON.stringify([
          incoming.method,
          incoming.url,
          authorization,
          origin,
          Buffer.concat(chunks).toString(),
        ]),
      );
    }),
  );
  const answer = await fetch(`${url}/job/backup?a=1`, {
    method: "PUT",
    body: "olá",
    headers: { authorization: "Bearer t", origin: "https://a.example" },
  });
  expect(answer.status).toBe(418);
  expect(answer.headers.get("x-answer")).toBe("yes");
  expect(answer.headers.get("access-control-allow-origin")).toBe("https://a.example");
  expect(await answer.json()).toEqual(["PUT", "/job/backup?a=1", "Bearer t", "https://a.example", "olá"]);
});

test("a preflight is answered by the function", async () => {
  const url = await proxyTo(
    await serve((incoming, response) => {
      response.writeHead(204, { "access-control-allow-methods": `POST for ${incoming.method}` }).end();
    }),
  );
  const answer = await fetch(`${url}/job`, { method: "OPTIONS" });
  expect([answer.status, answer.headers.get("access-control-allow-methods")]).toEqual([
    204,
    "POST for OPTIONS",
  ]);
});

test("bodies stream: the function receives the first part before the last is sent", async () => {
  const url = await proxyTo(
    await serve((incoming, response) => {
      incoming.once("data", (chunk: Uint8Array) => response.write(chunk));
      incoming.once("end", () => response.end("end"));
    }),
  );
  const outgoing = request(`${url}/job`, { method: "POST" });
  outgoing.write("first");
  const answer = await new Promise<NodeJS.ReadableStream>((resolve) => outgoing.once("response", resolve));
  expect(await new Promise((resolve) => answer.once("data", (chunk) => resolve(String(chunk))))).toBe(
    "first",
  );
  outgoing.end();
  expect(await new Promise((resolve) => answer.once("data", (chunk) => resolve(String(chunk))))).toBe("end");
});

test("a caller that disconnects aborts the function's request", async () => {
  let came = false;
  let closed = false;
  const url = await proxyTo(
    await serve((_incoming, response) => {
      came = true;
      response.once("close", () => closed = true);
    }),
  );
  const abort = new AbortController();
  const pending = fetch(`${url}/job`, { signal: abort.signal }).catch((error: unknown) => error);
  await expect.poll(() => came).toBe(true);
  abort.abort();
  await pending;
  await expect.poll(() => closed).toBe(true);
});

test("an unknown function gets a 404, an unavailable one a 503, both readable by a page", async () => {
  const port = await serve(() => {});
  const url = await proxyTo(port);
  const unknown = await fetch(`${url}/other`);
  expect([unknown.status, (await unknown.json()).code]).toEqual([404, "NOT_FOUND"]);
  servers[0]?.close();
  await expect.poll(async () => (await fetch(`${url}/job`)).status).toBe(503);
  expect((await fetch(`${url}/job`)).headers.get("access-control-allow-origin")).toBe("*");
});
