/** The secrets of one run of the stack: generated at each start, not valid elsewhere. */
import { randomBytes } from "node:crypto";

export interface Keys {
  /** Identifies the project; does not authenticate a user. */
  publishable: string;
  /** Acts as `service_role`. */
  secret: string;
  /** Signs the tokens of users, HS256. */
  jwtSecret: string;
}

export function makeKeys(): Keys {
  return {
    publishable: `sb_publishable_${randomText(22)}`,
    secret: `sb_secret_${randomText(22)}`,
    jwtSecret: randomText(48),
  };
}

/** Random letters and digits, about 6 bits each. */
export function randomText(length: number): string {
  return randomBytes(length).toString("base64url").replaceAll(/[-_]/g, "x").slice(0, length);
}
