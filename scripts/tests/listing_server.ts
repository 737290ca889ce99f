/**
 * A bucket without content: lists, deletes and counts as S3's API does, and stores no bytes except those that are
 * written to it (copies of the audit). Measures the cost of many objects, which R2's own simulator takes minutes to
 * store.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

const PAGE = 1000;
/** After the time of every key. */
const MODIFIED = "2027-01-01T00:00:00.000Z";
export const OBJECT_BYTES = 10;

export interface Calls {
  lists: number;
  deletions: number;
  others: number;
}

export interface ListingServer {
  endpoint: string;
  /** Since the start, or since the last reset to zero. */
  calls: Calls;
  /** Keys that still exist. */
  left(): number;
  stop(): void;
}

/** @param onCall called before each response */
export async function startListingServer(
  names: readonly string[],
  onCall: () => void,
): Promise<ListingServer> {
  const sorted = [...names].sort();
  const deleted = new Set<string>();
  const written = new Map<string, Buffer>();
  const calls: Calls = { lists: 0, deletions: 0, others: 0 };
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { searchParams, pathname } = new URL(incoming.url ?? "/", "http://bucket");
    onCall();
    if (searchParams.has("list-type")) {
      calls.lists++;
      const there = sorted.filter((key) => !deleted.has(key));
      outgoing.end(listing([...there, ...written.keys()].sort(), searchParams));
    } else if (searchParams.has("delete")) {
      calls.deletions++;
      for (const key of await keysOf(incoming)) deleted.add(key);
      outgoing.end("<DeleteResult></DeleteResult>");
    } else {
      calls.others++;
      // its path is the bucket's name and the key
      const key = decodeURIComponent(pathname).split("/").slice(2).join("/");
      if (incoming.method === "PUT") written.set(key, await bodyOf(incoming));
      const found = searchParams.has("uploads")
        ? "<ListMultipartUploadsResult></ListMultipartUploadsResult>"
        : written.get(key) ??
          (sorted.includes(key) && !deleted.has(key) ? "0".repeat(OBJECT_BYTES) : undefined);
      outgoing.statusCode = found === undefined ? 404 : 200;
      if (incoming.method === "HEAD" && found !== undefined) {
        outgoing.setHeader("content-length", found.length);
      }
      outgoing.end(incoming.method === "GET" ? found : undefined);
    }
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    calls,
    left: () => sorted.length - deleted.size,
    stop: () => void server.close(),
  };
}

function listing(sorted: readonly string[], query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? "";
  const rest = sorted.filter((key) => key > after && key.startsWith(prefix));
  const page = rest.slice(0, PAGE);
  const contents = page.map((key) =>
    `<Contents><Key>${key}</Key><LastModified>${MODIFIED}</LastModified><ETag>"0"</ETag>` +
    `<Size>${OBJECT_BYTES}</Size></Contents>`
  );
  const next = rest.length > PAGE ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
  return `<ListBucketResult>${contents.join("")}${next}</ListBucketResult>`;
}

async function keysOf(incoming: IncomingMessage): Promise<string[]> {
  const body = (await bodyOf(incoming)).toString();
  return [...body.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
