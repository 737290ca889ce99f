/**
 * A local S3 endpoint with minimal cost: a benchmark must measure the backup, not the vault. It accepts what the vault
 * client sends during a backup or a restore, checks no signature, and trusts Content-MD5 (the real vault hashes on its
 * own machine). It refuses everything else with 501.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

interface Part {
  file: string;
  bytes: number;
  md5: Uint8Array;
}
type Headers = Record<string, string | number>;

/** Ends with the process. @param folder of the stored bytes @returns its URL */
export async function startSink(folder: string): Promise<string> {
  const objects = new Map<string, { parts: Part[]; headers: Headers }>();
  const uploads = new Map<string, { parts: Part[]; headers: Headers }>();

  async function store(request: IncomingMessage): Promise<Part> {
    const file = join(folder, randomUUID());
    const written = createWriteStream(file);
    await pipeline(request, written);
    const md5 = Buffer.from(String(request.headers["content-md5"] ?? ""), "base64");
    if (md5.length !== 16) throw new Error("a body came without Content-MD5");
    return { file, bytes: written.bytesWritten, md5 };
  }

  function finish(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    parts: Part[],
    metadata: Headers,
  ) {
    if (request.headers["if-none-match"] === "*" && objects.has(key)) {
      return refuse(response, 412, "PreconditionFailed");
    }
    const [{ md5 } = { md5: Buffer.alloc(0) }] = parts;
    const joined = createHash("md5").update(Buffer.concat(parts.map((part) => part.md5))).digest("hex");
    const etag = request.method === "PUT" ? Buffer.from(md5).toString("hex") : `${joined}-${parts.length}`;
    const length = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    objects.set(key, { parts, headers: { ...metadata, etag: `"${etag}"`, "content-length": length } });
    if (request.method === "PUT") return response.writeHead(200, { etag: `"${etag}"` }).end();
    request.resume();
    answer(
      response,
      `<CompleteMultipartUploadResult><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`,
    );
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname: key, searchParams: query } = new URL(request.url ?? "/", "http://sink");
    const id = query.get("uploadId") ?? "";
    const upload = uploads.get(id);
    const of = ["uploads", "uploadId", "list-type"].find((name) => query.has(name)) ?? "object";
    const stored = objects.get(key);
    if (of === "uploadId" && !upload) return refuse(response, 404, "NoSuchUpload");
    switch (`${request.method} ${of}`) {
      case "POST uploads": {
        const made = randomUUID();
        uploads.set(made, { parts: [], headers: metadataOf(request) });
        const result = `<UploadId>${made}</UploadId>`;
        return answer(response, `<InitiateMultipartUploadResult>${result}</InitiateMultipartUploadResult>`);
      }
      case "PUT uploadId": {
        const part = await store(request);
        if (upload) upload.parts[Number(query.get("partNumber")) - 1] = part;
        return response.writeHead(200, { etag: `"${Buffer.from(part.md5).toString("hex")}"` }).end();
      }
      case "POST uploadId":
        return finish(request, response, key, upload?.parts ?? [], upload?.headers ?? {});
      case "PUT object":
        return finish(request, response, key, [await store(request)], metadataOf(request));
      case "HEAD object":
      case "GET object":
        if (!stored) return refuse(response, 404, "NoSuchKey");
        if (request.headers.range !== undefined) break;
        response.writeHead(200, stored.headers);
        if (request.method === "HEAD") return response.end();
        return await pipeline(() => readAll(stored.parts), response);
      case "DELETE object":
        objects.delete(key);
        return response.writeHead(204).end();
    }
    refuse(response, 501, "NotImplemented");
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy(error);
      else refuse(response, 500, error.message);
    });
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot tell the sink's port");
  return `http://127.0.0.1:${address.port}`;
}

async function* readAll(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const { file } of parts) yield* createReadStream(file, { highWaterMark: 1024 * 1024 });
}

function metadataOf({ headers }: IncomingMessage): Headers {
  const kept = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function answer(response: ServerResponse, xml: string, status = 200): void {
  response.writeHead(status, { "content-type": "application/xml" }).end(`<?xml version="1.0"?>${xml}`);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  answer(response, `<Error><Code>${code}</Code></Error>`, status);
}
