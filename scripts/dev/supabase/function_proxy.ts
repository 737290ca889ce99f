/** `/functions/v1/<name>` of the project's address: forwarded unchanged to the function's process. */
import { type IncomingMessage, request, type ServerResponse } from "node:http";

const PREFIX = "/functions/v1";

/** Hop-by-hop headers, RFC 9110 7.6.1. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export interface FunctionAddress {
  name: string;
  port: number;
}

/** Whether the path is for a function. */
export function isFunctionPath(path: string): boolean {
  return path === PREFIX || path.startsWith(`${PREFIX}/`);
}

/** Streams the request to the function, and the response back. */
export function proxyToFunction(
  incoming: IncomingMessage,
  response: ServerResponse,
  target: FunctionAddress,
): void {
  const path = (incoming.url ?? "/").slice(PREFIX.length);
  const [, name] = path.split(/[/?]/);
  if (name !== target.name) {
    refuse(response, 404, "NOT_FOUND", "Requested function was not found");
    return;
  }
  const outgoing = request({
    host: "127.0.0.1",
    port: target.port,
    method: incoming.method,
    path,
    headers: { ...endToEnd(incoming.headers), "x-forwarded-for": incoming.socket.remoteAddress ?? "" },
  });
  outgoing.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  outgoing.on("error", () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 503, "BOOT_ERROR", "Function failed to start (please check logs)");
  });
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function endToEnd(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const left = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name)));
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json", "access-control-allow-origin": "*" });
  response.end(JSON.stringify({ code, message }));
}
