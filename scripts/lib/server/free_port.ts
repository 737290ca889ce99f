import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that systems give to whoever asks for any (Linux from 32768, macOS from 49152). */
const FIRST = 20_000;
const COUNT = 10_000;

let next = randomInt(COUNT);

/**
 * A TCP port of 127.0.0.1 that is free now: `preferred` where it is, else one that this process has not given yet and
 * that no program gets by chance before it is used. @throws {Error} when there is none.
 */
export async function findFreePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && await isFree(preferred)) return preferred;
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(
    `None of the ports ${FIRST} to ${FIRST + COUNT - 1} of 127.0.0.1 is free: end what holds them`,
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
