/**
 * Signatures of the vault's objects: Ed25519, over the object's key and its content. docs/storage-format.md specifies the
 * bytes. Keys are in the formats of `openssl`: PKCS #8 and SubjectPublicKeyInfo, DER, base64.
 */
import { z } from "zod";
import { BackupError } from "../errors.ts";
import { canonicalText, sha256Hex } from "./canonical.ts";

const ALGORITHM = "Ed25519";
const HEADER = "revo-backups signature 1";
/** Not part of what is signed: the signature itself, and the hash that is computed over it, too. */
const LEFT_OUT = ["signature", "manifest_sha256"];

const PUBLIC_KEY = /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/;
const PRIVATE_KEY = /^MC4CAQAwBQYDK2VwBCIEI[A-Za-z0-9+/]{43}$/;

export const signatureSchema = z.object({
  algorithm: z.literal("ed25519"),
  /** The first 16 digits of the SHA-256 of the public key, DER. */
  key_id: z.string().regex(/^[0-9a-f]{16}$/),
  /** Of 64 bytes, base64. */
  value: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});
export type Signature = z.infer<typeof signatureSchema>;

/**
 * `signed` by a key that is trusted here · `unsigned` no signature · `foreign` by a key that is not trusted here ·
 * `forged` a trusted key is named, and the signature is not of this object.
 */
export type Trust =
  | { state: "signed" | "foreign" | "forged"; keyId: string }
  | { state: "unsigned"; keyId: null };

export const UNSIGNED: Trust = { state: "unsigned", keyId: null };

/** The signed text of a JSON object. */
export function signedJson(content: unknown): string {
  return canonicalText(content, LEFT_OUT);
}

/** A private key; it signs. */
export class Signer {
  readonly #privateKey: Uint8Array<ArrayBuffer>;
  #pair: Promise<{ key: CryptoKey; publicKey: string; id: string }> | null = null;

  /** @throws {BackupError} `missing_environment` for a text that is no such key; the text is not part of the error */
  constructor(privateKey: string) {
    if (!PRIVATE_KEY.test(privateKey.trim())) {
      throw new BackupError("missing_environment", "Cannot use BACKUP_SIGNING_KEY: it is no Ed25519 key", {
        hint: "Expected is PKCS #8, DER, base64, in one line: `npm run backups -- keys` makes one.",
      });
    }
    this.#privateKey = fromBase64(privateKey.trim());
  }

  /** The public half, as {@link TrustedKeys} takes it. */
  async publicKey(): Promise<string> {
    return (await this.#load()).publicKey;
  }

  async keyId(): Promise<string> {
    return (await this.#load()).id;
  }

  /** @param objectKey of the object in the vault: a copy under another key has no valid signature */
  async signText(objectKey: string, text: string): Promise<Signature> {
    const { key, id } = await this.#load();
    const value = new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, signedBytes(objectKey, text)));
    return { algorithm: "ed25519", key_id: id, value: toBase64(value) };
  }

  /** The same fields with their signature, in the place of an older one. */
  async signJson<T extends object>(objectKey: string, fields: T): Promise<T & { signature: Signature }> {
    return { ...fields, signature: await this.signText(objectKey, signedJson(fields)) };
  }

  #load() {
    return this.#pair ??= (async () => {
      const key = await crypto.subtle.importKey("pkcs8", this.#privateKey, ALGORITHM, true, ["sign"]);
      const { x = "" } = await crypto.subtle.exportKey("jwk", key);
      const raw = fromBase64(x.replaceAll("-", "+").replaceAll("_", "/"));
      const publicKey = await crypto.subtle.importKey("raw", raw, ALGORITHM, true, ["verify"]);
      const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
      return { key, publicKey: toBase64(spki), id: await keyIdOf(spki) };
    })();
  }
}

/** The public keys whose signatures count. Without any nothing is checked. */
export class TrustedKeys {
  static readonly NONE: TrustedKeys = new TrustedKeys([]);
  readonly #publicKeys: readonly string[];
  #loaded: Promise<Map<string, CryptoKey>> | null = null;

  /** @throws {BackupError} `missing_environment` for a text that is no such key */
  constructor(publicKeys: readonly string[]) {
    const wrong = publicKeys.find((key) => !PUBLIC_KEY.test(key));
    if (wrong !== undefined) {
      throw new BackupError(
        "missing_environment",
        `Cannot trust ${JSON.stringify(wrong)}: it is no Ed25519 public key`,
        { hint: "Expected is SubjectPublicKeyInfo, DER, base64, as `npm run backups -- keys` prints it." },
      );
    }
    this.#publicKeys = publicKeys;
  }

  get isEmpty(): boolean {
    return this.#publicKeys.length === 0;
  }

  async has(keyId: string): Promise<boolean> {
    return (await this.#load()).has(keyId);
  }

  /** @param signature what stands in its place, of any form: what is no signature counts as none */
  async judgeText(objectKey: string, text: string, signature: unknown): Promise<Trust> {
    const { data } = signatureSchema.safeParse(signature);
    if (data === undefined) return UNSIGNED;
    const key = (await this.#load()).get(data.key_id);
    if (key === undefined) return { state: "foreign", keyId: data.key_id };
    const bytes = signedBytes(objectKey, text);
    const isValid = await crypto.subtle.verify(ALGORITHM, key, fromBase64(data.value), bytes);
    return { state: isValid ? "signed" : "forged", keyId: data.key_id };
  }

  /** @param content the parsed JSON as it was read, with fields that this version does not know */
  async judgeJson(objectKey: string, content: unknown): Promise<Trust> {
    if (typeof content !== "object" || content === null || !("signature" in content)) return UNSIGNED;
    return await this.judgeText(objectKey, signedJson(content), content.signature);
  }

  #load(): Promise<Map<string, CryptoKey>> {
    return this.#loaded ??= Promise.all(this.#publicKeys.map(async (text) => {
      const spki = fromBase64(text);
      const key = await crypto.subtle.importKey("spki", spki, ALGORITHM, true, ["verify"]);
      return [await keyIdOf(spki), key] as const;
    })).then((entries) => new Map(entries));
  }
}

/** The public keys of a text: one a line, `#` begins a comment. */
export function readPublicKeys(text: string): string[] {
  return text.split("\n").flatMap((line) => line.replace(/#.*/, "").split(/\s+/)).filter((key) => key !== "");
}

/** A new pair of keys. The private half is a secret. */
export async function makeKeyPair(): Promise<{ privateKey: string; publicKey: string; keyId: string }> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const privateKey = toBase64(new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)));
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  return { privateKey, publicKey: toBase64(spki), keyId: await keyIdOf(spki) };
}

function signedBytes(objectKey: string, text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${HEADER}\n${objectKey}\n${text}`);
}

async function keyIdOf(spki: Uint8Array<ArrayBuffer>): Promise<string> {
  return (await sha256Hex(spki)).slice(0, 16);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
