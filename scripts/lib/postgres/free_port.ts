import { createServer } from "node:net";

/** A TCP port of 127.0.0.1 that is free now: `preferred` where it is, else one that the system picks. */
export async function findFreePort(preferred = 0): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (preferred === 0 || (error.code !== "EADDRINUSE" && error.code !== "EACCES")) reject(error);
      else findFreePort().then(resolve, reject);
    });
    server.listen({ port: preferred, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : preferred));
    });
  });
}
