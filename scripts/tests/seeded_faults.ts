/** A relay to the vault that fails as networks and servers do, at requests that a seed chooses. */
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { VaultRelay } from "./broken_links.ts";

const FAULTS = [
  "delay",
  "reset",
  "lost answer",
  "cut",
  "silence",
  "drip",
  "429",
  "500",
  "503",
  "412",
  "outage",
] as const;
type Fault = (typeof FAULTS)[number];

/** Of a hundred requests so many meet a fault. */
const RATE = 15;

export interface SeededFaults extends VaultRelay {
  /** Faults so far, in order, with the request that met each. */
  met: string[];
}

/** Numbers of [0, 1) that a seed determines (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seededFaults(seed: number): SeededFaults {
  const random = seededRandom(seed);
  const met: string[] = [];
  const chosen = new WeakMap<IncomingMessage, Fault>();
  let brokenUntil = 0;

  function choose(incoming: IncomingMessage): Fault | null {
    const { method = "", url = "" } = incoming;
    if (random() * 100 >= RATE) return null;
    const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? "reset";
    // a condition fails only where one is set
    if (fault === "412" && incoming.headers["if-none-match"] === undefined) return null;
    met.push(`${fault}: ${method} ${url.split("?")[0]}`);
    chosen.set(incoming, fault);
    return fault;
  }

  return {
    met,
    intercept: async (incoming) => {
      if (Date.now() < brokenUntil) return { status: 503, xml: failure("ServiceUnavailable") };
      switch (choose(incoming)) {
        case "delay":
          await sleep(random() * 300);
          return null;
        case "reset":
          incoming.socket.destroy();
          return { status: 503, xml: "" };
        case "429":
          return { status: 429, xml: failure("TooManyRequests") };
        case "500":
          return { status: 500, xml: failure("InternalError") };
        case "503":
          return { status: 503, xml: failure("SlowDown") };
        case "412":
          return { status: 412, xml: failure("PreconditionFailed") };
        case "outage":
          brokenUntil = Date.now() + random() * 1_500;
          return { status: 503, xml: failure("ServiceUnavailable") };
        default:
          return null;
      }
    },
    breaks: (incoming) => {
      switch (chosen.get(incoming)) {
        case "lost answer":
          return { after: 0, how: "cut" };
        case "cut":
          return { after: Math.floor(random() * 2_000), how: "cut" };
        case "silence":
          return { after: Math.floor(random() * 2_000), how: "silence" };
        case "drip":
          return { after: Math.floor(random() * 200), how: "drip" };
        default:
          return null;
      }
    },
  };
}

function failure(code: string): string {
  return `<Error><Code>${code}</Code><Message>as the seed says</Message></Error>`;
}
