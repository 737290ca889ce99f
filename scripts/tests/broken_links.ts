/** Connections that tests can break, to the vault and to PostgreSQL. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { PATIENCE_MS, type TestVault } from "./engine_fixture.ts";

export interface Reply {
  status: number;
  xml: string;
}

export interface VaultRelay {
  /** Called before a request is forwarded: a response in place of the vault's, or `null`. */
  intercept?(incoming: IncomingMessage): Reply | null | Promise<Reply | null>;
  /** Called when the vault has processed the request and before its response is forwarded. */
  onDone?(incoming: IncomingMessage): void;
  /** Called after that: where the connection to the client breaks, or `null`. */
  breaks?(incoming: IncomingMessage): Break | null;
}

/**
 * Number of bytes of the response body that are forwarded; with 0 the head is not forwarded either. Then the
 * connection is cut, is silent, or delivers ten bytes a second.
 */
export interface Break {
  after: number;
  how: "cut" | "silence" | "drip";
}

/** A proxy between a client and the vault's simulator. */
export async function startVaultRelay(
  endpoint: string,
  relay: VaultRelay,
): Promise<{ endpoint: string; server: Server }> {
  const target = new URL(endpoint);
  const server = createServer(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    incoming.on("error", () => {});
    const reply = await relay.intercept?.(incoming) ?? null;
    if (incoming.socket.destroyed) return;
    if (reply) {
      incoming.resume();
      outgoing.writeHead(reply.status, { "content-type": "application/xml" });
      outgoing.end(reply.xml);
      return;
    }
    // the signature covers the host: it must stay the simulator's
    const onward = request({
      agent: false, // the simulator may have closed a kept connection meanwhile
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    }, (answer) => {
      relay.onDone?.(incoming);
      const broken = relay.breaks?.(incoming) ?? null;
      if (broken?.after !== 0) outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (broken) breakOff(answer, outgoing, broken);
      else answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.once("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  return { server, endpoint: `http://127.0.0.1:${await listen(server)}${target.pathname}` };
}

/** Passes to `work` the vault behind a relay, and its endpoint. */
export async function throughRelay<T>(
  { secrets: { R2_ENDPOINT, R2_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } }: TestVault,
  relay: VaultRelay & { silenceMs?: number; patienceMs?: number; signal?: AbortSignal },
  work: (vault: Vault, endpoint: string) => Promise<T>,
): Promise<T> {
  const { endpoint, server } = await startVaultRelay(R2_ENDPOINT, relay);
  const keys = { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY };
  try {
    const vault = openR2Vault({
      endpoint,
      bucket: R2_BUCKET,
      ...keys,
      silenceMs: relay.silenceMs,
      signal: relay.signal,
      retry: { patienceMs: relay.patienceMs ?? PATIENCE_MS },
    });
    return await work(vault, endpoint);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function breakOff(answer: IncomingMessage, outgoing: ServerResponse, { after, how }: Break): void {
  let left = after;
  const end = () => {
    answer.destroy();
    if (how === "cut") outgoing.destroy();
  };
  if (left === 0) return end();
  outgoing.once("close", () => answer.destroy());
  if (how === "drip") return void drip(answer, outgoing, after);
  answer.on("data", (chunk: Uint8Array) => {
    const passed = chunk.subarray(0, left);
    left -= passed.length;
    outgoing.write(passed, () => left === 0 && end());
  });
}

async function drip(answer: IncomingMessage, outgoing: ServerResponse, after: number): Promise<void> {
  let passed = 0;
  answer.on("error", () => {}); // destroyed with the connection
  for await (const chunk of answer.iterator({ destroyOnReturn: true })) {
    const bytes = Buffer.from(chunk);
    const fast = Math.max(0, Math.min(bytes.length, after - passed));
    outgoing.write(bytes.subarray(0, fast));
    for (let at = fast; at < bytes.length && !outgoing.destroyed; at++) {
      await sleep(100);
      outgoing.write(bytes.subarray(at, at + 1));
    }
    passed += bytes.length;
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

/** Answers the requests that `refuse` selects with a server error. */
export function refusing(refuse: (incoming: IncomingMessage) => boolean): VaultRelay {
  const xml = "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";
  return { intercept: (incoming) => refuse(incoming) ? { status: 500, xml } : null };
}

/** A TCP connection to PostgreSQL that can be cut, permanently or once, or become silent while it stays open. */
export async function startWire(
  port: number,
): Promise<{ port: number; server: TcpServer; cut(): void; drop(): void; silence(): void }> {
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
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const cut = () => {
    isCut = true;
    drop();
  };
  const silence = () => {
    for (const socket of sockets) socket.unpipe().resume();
  };
  return { server, port: await listen(server), cut, drop, silence };
}

/** The protocol message by which psql sends COMMIT. */
const COMMIT = Buffer.from("Q\0\0\0\x0ccommit;\0", "latin1");

/**
 * A TCP connection to PostgreSQL that breaks at the first COMMIT: `before` the server receives it, or `after` it is
 * executed and before the reply is forwarded. Later connections are forwarded.
 */
export async function startCommitCutter(
  port: number,
  when: "before" | "after",
): Promise<{ port: number; server: TcpServer; hasCut(): boolean }> {
  let isDone = false;
  const server = createTcpServer((socket) => {
    const onward = connect(port, "127.0.0.1");
    const cut = () => {
      isDone = true;
      socket.destroy();
      onward.destroy();
    };
    let said = Buffer.alloc(0);
    let isAsked = false;
    for (const end of [socket, onward]) end.on("error", () => {}).on("close", () => onward.destroy());
    socket.on("data", (chunk) => {
      said = Buffer.concat([said, chunk]).subarray(-COMMIT.length);
      isAsked ||= !isDone && said.equals(COMMIT);
      if (isAsked && when === "before") cut();
      else onward.write(chunk);
    });
    onward.on("data", (chunk) => isAsked ? cut() : void socket.write(chunk));
    onward.on("end", () => socket.end());
  });
  return { server, port: await listen(server), hasCut: () => isDone };
}

function listen(server: Server | TcpServer): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    })
  );
}
