import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ephemeral ports of Linux (from 32768) and macOS (from 49152). */
const FIRST = 20_000;
const COUNT = 10_000;

let next = randomInt(COUNT);

/**
 * Finds a free TCP port of 127.0.0.1: `preferred` if it is free, else one that this process has not returned before and
 * that is not an ephemeral port of another program. @throws {Error} when there is none.
 */
export async function findFreePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && await isFree(preferred)) return preferred;
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(
    `None of the ports ${FIRST} to ${FIRST + COUNT - 1} of 127.0.0.1 is free: end the programs that use them`,
  );
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
