/** Who may do what: tokens and their right to Actions. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Permissions } from "../workflow/model.ts";

/** A token's right to Actions. Every right includes the ones before it. */
export const RIGHTS = ["none", "read", "write"] as const;
export type Right = (typeof RIGHTS)[number];

/** The tokens that the local GitHub accepts. */
export class Tokens {
  readonly #rights = new Map<string, Right>();

  constructor(rights: Readonly<Record<string, Right>>) {
    for (const [token, right] of Object.entries(rights)) this.#rights.set(token, right);
  }

  /** The right of a request's token; `null` for a token nobody gave out, `undefined` when there is none. */
  rightOf(request: IncomingMessage): Right | null | undefined {
    const [, token] = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    return token === undefined ? undefined : this.#rights.get(token) ?? null;
  }

  /** A token for a job, with what `permissions:` of the workflow grants; without it, reading. */
  issue(permissions: Permissions | undefined): { token: string; revoke(): void } {
    const token = `ghs_${randomBytes(18).toString("hex")}`;
    this.#rights.set(token, jobRight(permissions));
    return { token, revoke: () => void this.#rights.delete(token) };
  }
}

/** Whether a right includes another. */
export function includes(right: Right, wanted: Right): boolean {
  return RIGHTS.indexOf(right) >= RIGHTS.indexOf(wanted);
}

function jobRight(permissions: Permissions | undefined): Right {
  if (permissions === undefined || permissions === "read-all") return "read";
  if (permissions === "write-all") return "write";
  if (typeof permissions === "string") return "none";
  const named = permissions.actions;
  return RIGHTS.find((right) => right === named) ?? "none";
}
