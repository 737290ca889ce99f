/**
 * A store in this process's memory: for the test of the alarm, and for tests whose subject is not the vault. Answers as R2
 * does: `contract.test.ts`.
 */
import { createHash, randomUUID } from "node:crypto";
import { BackupError } from "@backup/errors.ts";
import type { ErasingRule } from "./lifecycle.ts";
import type {
  ListedObject,
  ListPage,
  NewObject,
  ObjectHead,
  ObjectStore,
  OpenObject,
  Origin,
  Part,
  RefusedDeletion,
  UnfinishedUpload,
  UploadName,
} from "./object_store.ts";

interface Entry {
  body: Uint8Array;
  etag: string;
  origin: Origin | null;
  modifiedAt: Date;
}

interface Upload {
  key: string;
  origin: Origin;
  begunAt: Date;
  parts: Map<number, Part>;
}

export interface MemoryOptions {
  bucket?: string;
  /** The store's clock. @default the machine's */
  now?: () => Date;
  /** Objects of a page. @default 1000, as R2 */
  pageSize?: number;
}

/** Of a body handed out at once. */
const CHUNK = 64 * 1024;

export class MemoryStore implements ObjectStore {
  readonly bucket: string;
  readonly #entries = new Map<string, Entry>();
  readonly #uploads = new Map<string, Upload>();
  readonly #now: () => Date;
  readonly #pageSize: number;

  constructor({ bucket = "test", now = () => new Date(), pageSize = 1000 }: MemoryOptions = {}) {
    this.bucket = bucket;
    this.#now = now;
    this.#pageSize = pageSize;
  }

  async put({ key, body, md5, origin }: NewObject, signal?: AbortSignal): Promise<void> {
    await turn(signal);
    requireHash(key, body, md5);
    this.#write(key, { body: body.slice(), etag: etagOf(md5), origin });
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectHead | null> {
    await turn(signal);
    const entry = this.#entries.get(key);
    return entry ? { ...listed(key, entry), readAt: this.#now(), origin: entry.origin } : null;
  }

  async get(key: string, from: number, signal?: AbortSignal, bytes?: number): Promise<OpenObject> {
    await turn(signal);
    const entry = this.#entries.get(key);
    if (!entry) throw missing(`Cannot find ${key} in the vault`);
    const body = entry.body.subarray(from, bytes === undefined ? undefined : from + bytes);
    return { body: chunksOf(body, signal), bytes: body.length, etag: entry.etag };
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await turn(signal);
    this.#entries.delete(key);
  }

  async deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<RefusedDeletion[]> {
    await turn(signal);
    for (const key of keys) this.#entries.delete(key);
    return [];
  }

  async list(prefix: string, from: string | null, signal?: AbortSignal): Promise<ListPage> {
    await turn(signal);
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix) && key > (from ?? ""))
      .sort(byBytes);
    const page = keys.slice(0, this.#pageSize);
    return {
      objects: page.flatMap((key) => {
        const entry = this.#entries.get(key);
        return entry ? [listed(key, entry)] : [];
      }),
      next: keys.length > page.length ? page.at(-1) ?? null : null,
    };
  }

  async createUpload(key: string, origin: Origin, signal?: AbortSignal): Promise<UploadName> {
    await turn(signal);
    const uploadId = randomUUID();
    this.#uploads.set(uploadId, { key, origin, begunAt: this.#now(), parts: new Map() });
    return { key, uploadId };
  }

  async uploadPart(name: UploadName, part: Part, signal?: AbortSignal): Promise<string> {
    await turn(signal);
    requireHash(name.key, part.body, part.md5);
    this.#upload(name).parts.set(part.number, { ...part, body: part.body.slice() });
    return etagOf(part.md5);
  }

  async completeUpload(name: UploadName, etags: readonly string[], signal?: AbortSignal): Promise<void> {
    await turn(signal);
    const { key, origin, parts } = this.#upload(name);
    const sent = etags.map((etag, i) => {
      const part = parts.get(i + 1);
      if (!part || etagOf(part.md5) !== etag) throw refused(key, `part ${i + 1} was not sent`);
      return part;
    });
    const [first] = sent;
    const isEqual = sent.slice(0, -1).every(({ body }) => body.length === first?.body.length);
    const last = sent.at(-1);
    if (!first || !last || !isEqual || last.body.length > first.body.length) {
      throw refused(key, "all parts but the last must have the same size");
    }
    const hash = createHash("md5");
    for (const { md5 } of sent) hash.update(md5);
    const body = Buffer.concat(sent.map((part) => part.body));
    this.#write(key, { body, etag: `"${hash.digest("hex")}-${sent.length}"`, origin });
    this.#uploads.delete(name.uploadId);
  }

  async abortUpload(name: UploadName, signal?: AbortSignal): Promise<void> {
    await turn(signal);
    this.#upload(name);
    this.#uploads.delete(name.uploadId);
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<UnfinishedUpload[]> {
    await turn(signal);
    return [...this.#uploads].filter(([, { key }]) => key.startsWith(prefix))
      .map(([uploadId, { key, begunAt }]) => ({ key, uploadId, begunAt }));
  }

  async erasingRules(signal?: AbortSignal): Promise<ErasingRule[]> {
    await turn(signal);
    return [];
  }

  async clock(signal?: AbortSignal): Promise<Date> {
    await turn(signal);
    return this.#now();
  }

  #write(key: string, entry: Omit<Entry, "modifiedAt">): void {
    if (this.#entries.has(key)) {
      throw new BackupError("vault_object_exists", `Cannot write ${key}: it exists already`);
    }
    this.#entries.set(key, { ...entry, modifiedAt: this.#now() });
  }

  #upload({ key, uploadId }: UploadName): Upload {
    const upload = this.#uploads.get(uploadId);
    if (!upload) throw missing(`Cannot find the upload of ${key}`);
    return upload;
  }
}

/** Every request yields to the event loop once, as a network request does. */
async function turn(signal?: AbortSignal): Promise<void> {
  await Promise.resolve();
  signal?.throwIfAborted();
}

async function* chunksOf(body: Uint8Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += CHUNK) {
    await turn(signal);
    yield body.slice(at, at + CHUNK);
  }
}

function listed(key: string, { body, etag, modifiedAt }: Entry): ListedObject {
  return { key, bytes: body.length, etag, modifiedAt };
}

function etagOf(md5: Uint8Array): string {
  return `"${Buffer.from(md5).toString("hex")}"`;
}

function requireHash(key: string, body: Uint8Array, md5: Uint8Array): void {
  if (createHash("md5").update(body).digest().equals(md5)) return;
  throw refused(key, "the body has another MD5");
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function missing(message: string): BackupError {
  return new BackupError("vault_object_missing", message, { details: { status: 404 } });
}

function refused(key: string, why: string): BackupError {
  return new BackupError("vault_error", `Cannot use ${key}: ${why}`, { details: { status: 400 } });
}
