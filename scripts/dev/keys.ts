/** The secrets of one run of the stack: generated at each start, not valid elsewhere. */
import { generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes } from "node:crypto";

export interface Keys {
  /** Identifies the project; does not authenticate a user. */
  publishable: string;
  /** Acts as `service_role`. */
  secret: string;
  /** Signs the tokens of users, HS256. */
  jwtSecret: string;
  /** Sign the backups, Ed25519, as `npm run backups -- keys` makes them. */
  backupSigning: string;
  backupPublic: string;
  /** Seal looks into backups, P-256, as `npm run backups -- keys --look` makes them. */
  lookPrivate: string;
  lookPublic: string;
}

export function makeKeys(): Keys {
  const signing = inBase64(generateKeyPairSync("ed25519"));
  const look = inBase64(generateKeyPairSync("ec", { namedCurve: "P-256" }));
  return {
    publishable: `sb_publishable_${randomText(22)}`,
    secret: `sb_secret_${randomText(22)}`,
    jwtSecret: randomText(48),
    backupSigning: signing.private,
    backupPublic: signing.public,
    lookPrivate: look.private,
    lookPublic: look.public,
  };
}

function inBase64({ privateKey, publicKey }: KeyPairKeyObjectResult) {
  return {
    private: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    public: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
}

/** Random letters and digits, about 6 bits each. */
export function randomText(length: number): string {
  return randomBytes(length).toString("base64url").replaceAll(/[-_]/g, "x").slice(0, length);
}
