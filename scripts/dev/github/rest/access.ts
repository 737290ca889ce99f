/** Authorization: tokens and their permissions for Actions, issues and the names of secrets. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Permissions } from "../workflow/model.ts";

/** A token's permission for one area. Each includes the ones before it. */
export const RIGHTS = ["none", "read", "write"] as const;
export type Right = (typeof RIGHTS)[number];

/** The area of an endpoint, by its name in `permissions:` of a workflow. */
export type Area = "actions" | "issues" | "secrets" | "environments";
export type Rights = Readonly<Record<Area, Right>>;

export type Grant = Right | Partial<Rights>;

/** The permissions of a request's token, and its expiry in the format of GitHub's header. */
export interface Bearer {
  rights: Rights;
  expires: string | null;
}

/** The tokens that the local GitHub accepts. */
export class Tokens {
  readonly #rights = new Map<string, Rights>();
  readonly #expiries: Readonly<Record<string, string>>;

  /**
   * @param rights one permission for every area, or one for each named area. @param expiries of tokens that expire:
   * `2026-12-24 10:00:00 UTC`
   */
  constructor(rights: Readonly<Record<string, Grant>>, expiries: Readonly<Record<string, string>> = {}) {
    for (const [token, grant] of Object.entries(rights)) {
      this.#rights.set(token, rightsOf((area) => typeof grant === "string" ? grant : grant[area] ?? "none"));
    }
    this.#expiries = expiries;
  }

  /** The token of a request; `null` for an unknown token, `undefined` if there is none. */
  bearerOf(request: IncomingMessage): Bearer | null | undefined {
    const [, token] = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (token === undefined) return undefined;
    const rights = this.#rights.get(token);
    return rights === undefined ? null : { rights, expires: this.#expiries[token] ?? null };
  }

  /** A token for a job, with the permissions that `permissions:` of the workflow grants; without it, reading. */
  issue(permissions: Permissions | undefined): { token: string; revoke(): void } {
    const token = `ghs_${randomBytes(18).toString("hex")}`;
    this.#rights.set(token, rightsOf((area) => jobRight(permissions, area)));
    return { token, revoke: () => void this.#rights.delete(token) };
  }
}

/** Whether a permission includes another. */
export function includes(right: Right, wanted: Right): boolean {
  return RIGHTS.indexOf(right) >= RIGHTS.indexOf(wanted);
}

function rightsOf(right: (area: Area) => Right): Rights {
  return {
    actions: right("actions"),
    issues: right("issues"),
    secrets: right("secrets"),
    environments: right("environments"),
  };
}

function jobRight(permissions: Permissions | undefined, area: Area): Right {
  if (area === "secrets") return "none"; // GitHub grants this to no job
  if (permissions === undefined || permissions === "read-all") return "read";
  if (permissions === "write-all") return "write";
  if (typeof permissions === "string") return "none";
  const named = permissions[area];
  return RIGHTS.find((right) => right === named) ?? "none";
}
