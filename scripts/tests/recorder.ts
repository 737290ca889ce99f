/** For tests: what one part sends another over HTTP, at an address between them. */
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface Recorder {
  url: string;
  /** The requests so far, oldest first. */
  seen: { path: string; headers: IncomingHttpHeaders }[];
  stop(): Promise<void>;
}

/** Passes each request on to a server of this machine, and its response back. */
export async function startRecorder(upstream: string): Promise<Recorder> {
  const seen: Recorder["seen"] = [];
  const { hostname, port } = new URL(upstream);
  const server = createServer((incoming, response) => {
    const { method, url: path = "/", headers } = incoming;
    seen.push({ path, headers });
    const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
