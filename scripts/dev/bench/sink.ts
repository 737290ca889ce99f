/**
 * A local S3 endpoint with minimal cost: a benchmark must measure the backup, not the vault. It accepts the requests
 * that the vault client sends during a backup or a restore, checks no signature, and trusts Content-MD5 (the real
 * vault hashes on its own machine). Everything else is refused with 501.
 *
 *     tsx scripts/dev/bench/sink.ts FOLDER      prints its URL, ends with its standard input
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";

interface Part {
  file: string;
  bytes: number;
  md5: Buffer;
}

/** Headers `x-amz-meta-…` as they were sent. */
type Metadata = Record<string, string>;

interface StoredObject {
  parts: Part[];
  metadata: Metadata;
  bytes: number;
  etag: string;
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("Usage: sink.ts FOLDER");
const objects = new Map<string, StoredObject>();
const uploads = new Map<string, Pick<StoredObject, "parts" | "metadata">>();

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => {
    if (response.headersSent) response.destroy(error);
    else refuse(response, 500, "InternalError", error.message);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot tell the sink's port");
  process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://sink");
  const [key, query] = [url.pathname, url.searchParams];
  const id = query.get("uploadId") ?? "";
  const of = ["uploads", "uploadId", "list-type"].find((name) => query.has(name)) ?? "object";
  switch (`${request.method} ${of}`) {
    case "POST uploads":
      return begin(request, response);
    case "PUT uploadId":
      return await takePart(request, response, id, Number(query.get("partNumber")));
    case "POST uploadId":
      return complete(request, response, key, id);
    case "DELETE uploadId":
      await remove(uploads.get(id)?.parts ?? []);
      uploads.delete(id);
      return void response.writeHead(204).end();
    case "PUT object":
      return await put(request, response, key);
    case "HEAD object":
    case "GET object":
      return await send(request, response, key);
    case "DELETE object":
      await remove(objects.get(key)?.parts ?? []);
      objects.delete(key);
      return void response.writeHead(204).end();
  }
  refuse(response, 501, "NotImplemented", `${request.method} ${request.url} is not supported by this sink`);
}

function begin(request: IncomingMessage, response: ServerResponse): void {
  const id = randomUUID();
  uploads.set(id, { parts: [], metadata: metadataOf(request) });
  xml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
}

async function takePart(request: IncomingMessage, response: ServerResponse, id: string, number: number) {
  const upload = uploads.get(id);
  if (!upload) return refuse(response, 404, "NoSuchUpload", id);
  const part = await store(request);
  upload.parts[number - 1] = part;
  response.writeHead(200, { etag: `"${part.md5.toString("hex")}"` }).end();
}

function complete(request: IncomingMessage, response: ServerResponse, key: string, id: string) {
  request.resume();
  const upload = uploads.get(id);
  if (!upload) return refuse(response, 404, "NoSuchUpload", id);
  const { parts } = upload;
  if (isTaken(request, key)) return refuse(response, 412, "PreconditionFailed", key);
  const md5 = createHash("md5").update(Buffer.concat(parts.map((part) => part.md5))).digest("hex");
  const etag = `"${md5}-${parts.length}"`;
  objects.set(key, { ...upload, etag, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) });
  uploads.delete(id);
  xml(
    response,
    `<CompleteMultipartUploadResult><ETag>${
      etag.replaceAll('"', "&quot;")
    }</ETag></CompleteMultipartUploadResult>`,
  );
}

async function put(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
  const part = await store(request);
  if (isTaken(request, key)) {
    await remove([part]);
    return refuse(response, 412, "PreconditionFailed", key);
  }
  const etag = `"${part.md5.toString("hex")}"`;
  objects.set(key, { parts: [part], metadata: metadataOf(request), etag, bytes: part.bytes });
  response.writeHead(200, { etag }).end();
}

async function send(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
  const object = objects.get(key);
  if (!object) return refuse(response, 404, "NoSuchKey", key);
  if (request.headers.range !== undefined) return refuse(response, 501, "NotImplemented", "Range");
  response.writeHead(200, { ...object.metadata, "content-length": object.bytes, etag: object.etag });
  if (request.method === "HEAD") return void response.end();
  await pipeline(() => readAll(object.parts), response);
}

async function* readAll(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const { file } of parts) yield* createReadStream(file, { highWaterMark: 1024 * 1024 });
}

async function store(request: IncomingMessage): Promise<Part> {
  const given = request.headers["content-md5"];
  if (typeof given !== "string") throw new Error("a body came without Content-MD5");
  const file = join(folder ?? "", randomUUID());
  const sink = createWriteStream(file);
  await pipeline(request, sink);
  return { file, bytes: sink.bytesWritten, md5: Buffer.from(given, "base64") };
}

function metadataOf({ headers }: IncomingMessage): Metadata {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-")).map(([name, value]) =>
      [name, String(value)] as const
    ),
  );
}

function isTaken(request: IncomingMessage, key: string): boolean {
  return request.headers["if-none-match"] === "*" && objects.has(key);
}

async function remove(parts: readonly Part[]): Promise<void> {
  for (const { file } of parts) await rm(file, { force: true });
}

function xml(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "application/xml" }).end(`<?xml version="1.0"?>${text}`);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
