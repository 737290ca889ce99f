/** A PostgreSQL server whose messages are in another language, as `lc_messages` makes them: translated on the wire. */
import { connect, createServer, type Socket } from "node:net";
import type { Connection } from "../lib/postgres/connection.ts";

/** The localized fields of ErrorResponse and NoticeResponse: severity and text. `V` and `C` are the same in every language. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^ERROR$/, "FEHLER"],
  [/^WARNING$/, "WARNUNG"],
  [/^NOTICE$/, "HINWEIS"],
  [/^canceling statement due to lock timeout$/, "storniere Anfrage wegen Zeitüberschreitung einer Sperre"],
  [/^could not obtain lock on relation (.*)$/, "konnte Sperre für Relation $1 nicht setzen"],
  [
    /^password authentication failed for user (.*)$/,
    "Passwort-Authentifizierung für Benutzer $1 fehlgeschlagen",
  ],
  [
    /^terminating connection due to administrator command$/,
    "Verbindung wird abgebrochen aufgrund von Anweisung des Administrators",
  ],
];

function translateField(field: string): string {
  const [code, text] = [field.charAt(0), field.slice(1)];
  if (code !== "S" && code !== "M") return field;
  const word = WORDS.find(([pattern]) => pattern.test(text));
  if (word) return code + text.replace(...word);
  return code === "M" ? `${code}Meldung: ${[...text].reverse().join("")}` : field;
}

/** @param message type, length, fields; each ends with a zero byte, and so does the list */
function translate(message: Buffer): Buffer {
  const fields = message.toString("utf8", 5).split("\0").filter((field) => field !== "");
  const body = Buffer.from(fields.map((field) => `${translateField(field)}\0`).join("") + "\0");
  const head = Buffer.alloc(5);
  head.write(message.toString("latin1", 0, 1), "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Forwards what the server sends; errors and notices translated. Its refusal of TLS is one byte, in front of all messages. */
function forwardTranslated(server: Socket, client: Socket): void {
  let received = Buffer.alloc(0);
  server.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    const forwarded: Buffer[] = [];
    if (received.toString("latin1", 0, 1) === "N" && received.length === 1) {
      forwarded.push(received);
      received = Buffer.alloc(0);
    }
    while (received.length >= 5) {
      const length = received.readInt32BE(1) + 1;
      if (received.length < length) break;
      const message = received.subarray(0, length);
      const isReport = ["E", "N"].includes(message.toString("latin1", 0, 1));
      forwarded.push(isReport ? translate(message) : message);
      received = received.subarray(length);
    }
    client.write(Buffer.concat(forwarded));
  });
}

export async function startTranslatedServer({ host, env, ...connection }: Connection) {
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect({ host, port: Number(env.PGPORT) });
    for (const [end, other] of [[client, server], [server, client]] as const) {
      sockets.add(end.on("error", () => {}).on("close", () => other.destroy()));
    }
    client.pipe(server);
    forwardTranslated(server, client);
  });
  const port = await new Promise<number>((resolve) =>
    relay.listen(0, host, () => {
      const address = relay.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    })
  );
  return {
    connection: { ...connection, host, env: { ...env, PGPORT: String(port) } } as Connection,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      relay.close();
    },
  };
}
