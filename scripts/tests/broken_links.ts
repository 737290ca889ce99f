/** Connections that tests can break: to the vault, and to PostgreSQL. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";

/** Passes requests on to the vault's simulator, but answers those that `refuse` picks as a broken vault does. */
export async function startVaultProxy(
  endpoint: string,
  refuse: (incoming: IncomingMessage) => boolean,
): Promise<{ endpoint: string; server: Server }> {
  const target = new URL(endpoint);
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (refuse(incoming)) {
      incoming.resume();
      outgoing.writeHead(500, { "content-type": "application/xml" });
      outgoing.end(
        "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>",
      );
      return;
    }
    // the signature covers the host: it stays the simulator's
    const onward = request({
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  return { server, endpoint: `http://127.0.0.1:${await listen(server)}${target.pathname}` };
}

/** A TCP connection to PostgreSQL that can be cut for good. */
export async function startWire(port: number): Promise<{ port: number; server: TcpServer; cut(): void }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createTcpServer((socket) => {
    if (isCut) return void socket.destroy();
    const onward = connect(port, "127.0.0.1");
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on("error", () => {});
    }
    socket.pipe(onward).pipe(socket);
  });
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return { server, port: await listen(server), cut };
}

function listen(server: Server | TcpServer): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    })
  );
}
