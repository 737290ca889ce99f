/** Lets another process stop and start parts of a running stack: `POST /<start|stop>/<part>`. */
import { createServer } from "node:http";
import { PART_NAMES, type Stack } from "./stack_types.ts";

/** Ends with the process. @returns its address, on the loopback interface. */
export async function startPartControl(stack: Stack): Promise<string> {
  const server = createServer(async (request, response) => {
    const [, verb, name] = (request.url ?? "").split("/");
    const part = PART_NAMES.find((known) => known === name);
    if (request.method !== "POST" || part === undefined || (verb !== "start" && verb !== "stop")) {
      response.writeHead(404).end();
      return;
    }
    try {
      await (verb === "start" ? stack.startPart(part) : stack.stopPart(part));
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot control the parts: no port");
  return `http://127.0.0.1:${address.port}`;
}
