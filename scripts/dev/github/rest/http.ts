/** Requests and responses of the local GitHub's HTTP server. */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Answer {
  status: number;
  /** Sent as JSON; `undefined` sends nothing. */
  body?: unknown;
  /** Sent instead of `body`. */
  content?: { type: string; data: string | Uint8Array };
  headers?: Readonly<Record<string, string>>;
}

/** A response that ends the handling of a request. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  answer(): Answer {
    const documentation_url = "https://docs.github.com/rest";
    const body = { message: this.message, documentation_url, status: String(this.status) };
    return { status: this.status, body, headers: this.headers };
  }
}

const MAX_BODY = 1_000_000;

/**
 * The JSON body of a request.
 * @throws {HttpError} 400 for invalid JSON, 413 for more than a megabyte.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new HttpError(413, "Payload too large");
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new HttpError(400, "Problems parsing JSON");
  }
}

export function send(response: ServerResponse, answer: Answer): void {
  const json = answer.body === undefined ? undefined : JSON.stringify(answer.body);
  const data = answer.content?.data ?? json;
  const type = answer.content?.type ?? "application/json; charset=utf-8";
  response.writeHead(answer.status, {
    ...(data === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(data) }),
    "cache-control": "no-store",
    "x-github-media-type": "github.v3; format=json",
    ...answer.headers,
  });
  response.end(data);
}
