/** How long a reader and a writer wait, statement by statement, while something else works on their database. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../../lib/postgres/connection.ts";
import { Session } from "../../lib/postgres/session.ts";

/** Seconds of the slowest statement of each. */
export interface Waits {
  reader: number;
  writer: number;
}

const READ = "select count(*) from public.empresas;";
const WRITE = "update public.empresas set nome = nome where id = 1;";
const PAUSE_MS = 50;

/** @throws the work's error; that of a statement that failed, which no restore may cause */
export async function measureWaits<T>(connection: Connection, work: () => Promise<T>): Promise<[T, Waits]> {
  const isOver = new AbortController();
  const sessions = await Promise.all([Session.open({ connection }), Session.open({ connection })]);
  const waiting = Promise.all(
    sessions.map((session, i) => slowest(session, i === 0 ? READ : WRITE, isOver.signal)),
  );
  waiting.catch(() => {}); // awaited below
  try {
    const result = await work();
    isOver.abort();
    const [reader = 0, writer = 0] = await waiting;
    return [result, { reader, writer }];
  } finally {
    isOver.abort();
    await Promise.all(sessions.map((session) => session.kill()));
  }
}

async function slowest(session: Session, statement: string, isOver: AbortSignal): Promise<number> {
  let longest = 0;
  while (!isOver.aborted) {
    const from = performance.now();
    await session.run(statement);
    longest = Math.max(longest, performance.now() - from);
    await sleep(PAUSE_MS);
  }
  return longest / 1000;
}
