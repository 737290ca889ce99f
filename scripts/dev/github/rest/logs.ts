/** Logs behind short-lived links that need no token, as on GitHub. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import type { RunRecord, Store } from "../store.ts";
import { type Answer, HttpError } from "./http.ts";

/** How long a link is valid, in milliseconds. */
const LIFETIME_MS = 60_000;
const PATH = /^\/_logs\/(jobs|runs)\/(\d+)$/;

export class LogLinks {
  readonly #key = randomBytes(32);
  readonly #url: string;
  readonly #store: Store;

  constructor(url: string, store: Store) {
    this.#url = url;
    this.#store = store;
  }

  /** Link to the plain text of a job's log. */
  jobLink(id: number): string {
    return this.#link(`/_logs/jobs/${id}`);
  }

  /** Link to the ZIP file with the logs of all jobs of a run. */
  runLink(id: number): string {
    return this.#link(`/_logs/runs/${id}`);
  }

  /** The log behind a link, `null` for any other path. @throws {HttpError} 403 for an invalid link, 404. */
  answer(path: string, query: URLSearchParams): Answer | null {
    const [, kind, id] = PATH.exec(path) ?? [];
    if (kind === undefined) return null;
    const until = query.get("until") ?? "";
    if (Number(until) < Date.now() || !this.#isSigned(path, until, query.get("signature") ?? "")) {
      throw new HttpError(403, "Server failed to authenticate the request.");
    }
    const found = kind === "jobs" ? this.#jobLog(Number(id)) : this.#runLogs(Number(id));
    if (found === null) throw new HttpError(404, "Not Found");
    return { status: 200, content: found };
  }

  #jobLog(id: number): Answer["content"] | null {
    const found = this.#store.job(id);
    return found && { type: "text/plain; charset=utf-8", data: found.job.log.text() };
  }

  #runLogs(id: number): Answer["content"] | null {
    const run = this.#store.run(id);
    return run && { type: "application/zip", data: zipOf(run) };
  }

  #link(path: string): string {
    const until = String(Date.now() + LIFETIME_MS);
    return `${this.#url}${path}?${new URLSearchParams({ until, signature: this.#sign(path, until) })}`;
  }

  #sign(path: string, until: string): string {
    return createHmac("sha256", this.#key).update(`${path}\n${until}`).digest("hex");
  }

  #isSigned(path: string, until: string, signature: string): boolean {
    const right = Buffer.from(this.#sign(path, until));
    const given = Buffer.from(signature);
    return right.length === given.length && timingSafeEqual(right, given);
  }
}

function zipOf(run: RunRecord): Uint8Array {
  return makeZip(run.jobs.map((job, i) => ({
    name: `${i}_${job.name.replaceAll(/[^\w. -]/g, "_")}.txt`,
    data: Buffer.from(job.log.text()),
  })));
}

/** A ZIP file whose members are stored uncompressed. */
function makeZip(files: readonly { name: string; data: Buffer }[]): Uint8Array {
  const members: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of files) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x0800, 2); // names are UTF-8
    fields.writeUInt16LE(0x21, 8); // 1980-01-01: logs contain their own times
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const member = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, tail, Buffer.from(name)]));
    members.push(member);
    offset += member.length;
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...members, ...directory, Buffer.from("PK\x05\x06"), end]);
}
