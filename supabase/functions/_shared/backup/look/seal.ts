/**
 * Sealed messages of a look: the request of a browser's tab, which only the holder of LOOK_PRIVATE_KEY reads, and the answer,
 * which only this tab reads and which proves that it came from the holder (docs/decisions/0051-a-look-is-sealed.md).
 *
 * ECDH P-256, HKDF-SHA256, AES-256-GCM, of WebCrypto. Keys of the installation are in the formats of `openssl`: PKCS #8 and
 * SubjectPublicKeyInfo, DER, base64; a tab's and a message's public keys are raw points, base64.
 */
import { z } from "zod";
import { BackupError } from "../errors.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const VERSION = 1;
const INFO = "revo-backups look";

const PRIVATE_KEY = /^MIG[A-Za-z0-9+/]{181}={0,2}$/;
const PUBLIC_KEY = /^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{86}==$/;

/** A raw point of P-256: 65 bytes, base64. */
const point = z.string().regex(/^B[A-Za-z0-9+/]{86}=$/);
const base64 = z.base64();

/** A message as the catalog keeps it. `public_key`: the tab's, of a request; of an answer that of this message alone. */
export const sealedSchema = z.strictObject({
  v: z.literal(VERSION),
  public_key: point,
  /** 12 bytes. */
  iv: z.string().regex(/^[A-Za-z0-9+/]{16}$/),
  body: base64,
});
export type Sealed = z.infer<typeof sealedSchema>;

/** What a message belongs to: sealed for one, it cannot be opened as another's. */
export interface LookPlace {
  requestId: string;
  r2Key: string;
}

/** A multiple of this many bytes is sealed: the length does not tell how long the searched text is. */
const REQUEST_UNIT = 1024;
const ANSWER_UNIT = 4096;

/** Whether a text is the public half of a pair of {@link makeLookKeys}. */
export function isLookPublicKey(text: string): boolean {
  return PUBLIC_KEY.test(text);
}

/** A new pair of an installation. The private half is a secret. */
export async function makeLookKeys(): Promise<{ privateKey: string; publicKey: string }> {
  const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]) as CryptoKeyPair;
  const [pkcs8, spki] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
    crypto.subtle.exportKey("spki", pair.publicKey),
  ]);
  return { privateKey: toBase64(new Uint8Array(pkcs8)), publicKey: toBase64(new Uint8Array(spki)) };
}

/** The tab's end of one look. Its private key is made for it, cannot be exported, and is gone with the object. */
export class LookTab {
  private constructor(
    readonly sealed: Sealed,
    private readonly place: LookPlace,
    private readonly tab: CryptoKeyPair,
    private readonly look: PublicPart,
  ) {}

  /**
   * Seals a request.
   * @param lookPublicKey of the installation; the tab trusts the holder of its private half
   * @param request any JSON
   * @throws {BackupError} `config_error` for a text that is no such key
   */
  static async ask(lookPublicKey: string, place: LookPlace, request: unknown): Promise<LookTab> {
    if (!PUBLIC_KEY.test(lookPublicKey)) {
      throw new BackupError("config_error", "Cannot use the public key of looks: it is no key of P-256", {
        hint: "`npm run backups -- keys --look` prints one.",
      });
    }
    const spki = fromBase64(lookPublicKey);
    const look = {
      key: await crypto.subtle.importKey("spki", spki, CURVE, true, []),
      raw: toBase64(spki.subarray(-65)),
    };
    const tab = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]) as CryptoKeyPair;
    const public_key = toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", tab.publicKey)));
    const key = await keyOf("request", [await shared(tab.privateKey, look.key)], [public_key, look.raw]);
    const bound = boundTo("request", place, [public_key, look.raw]);
    return new LookTab(
      { v: VERSION, public_key, ...await encrypt(key, bound, request, REQUEST_UNIT) },
      place,
      tab,
      look,
    );
  }

  /** @throws {BackupError} `look_unreadable` for what the holder of the private key did not seal for this request */
  async open(answer: Sealed): Promise<unknown> {
    const own = this.sealed.public_key;
    const theirs = await publicPoint(answer.public_key);
    const secrets = [
      await shared(this.tab.privateKey, theirs),
      await shared(this.tab.privateKey, this.look.key),
    ];
    const keys = [answer.public_key, own, this.look.raw];
    return await decrypt(await keyOf("answer", secrets, keys), boundTo("answer", this.place, keys), answer);
  }
}

/** The job's end: the holder of LOOK_PRIVATE_KEY. */
export class LookHolder {
  private constructor(private readonly key: CryptoKey, private readonly raw: string) {}

  /** @throws {BackupError} `missing_environment` for a text that is no such key; the text is not part of the error */
  static async of(privateKey: string): Promise<LookHolder> {
    try {
      if (!PRIVATE_KEY.test(privateKey.trim())) throw new Error("not of this form");
      const key = await crypto.subtle.importKey("pkcs8", fromBase64(privateKey.trim()), CURVE, true, [
        "deriveBits",
      ]);
      const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", key);
      const raw = Uint8Array.of(4, ...fromBase64Url(x), ...fromBase64Url(y));
      return new LookHolder(key, toBase64(raw));
    } catch (_) {
      throw new BackupError("missing_environment", "Cannot use LOOK_PRIVATE_KEY: it is no key of P-256", {
        hint: "Expected is PKCS #8, DER, base64, in one line: `npm run backups -- keys --look` makes one.",
      });
    }
  }

  /** @throws {BackupError} `look_unreadable` for what was not sealed for this key and this place */
  async open(place: LookPlace, request: Sealed): Promise<unknown> {
    const keys = [request.public_key, this.raw];
    const secrets = [await shared(this.key, await publicPoint(request.public_key))];
    return await decrypt(await keyOf("request", secrets, keys), boundTo("request", place, keys), request);
  }

  /** @param tabPublicKey of the request @param answer any JSON */
  async seal(place: LookPlace, tabPublicKey: string, answer: unknown): Promise<Sealed> {
    const once = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]) as CryptoKeyPair;
    const public_key = toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", once.publicKey)));
    const tab = await publicPoint(tabPublicKey);
    const secrets = [await shared(once.privateKey, tab), await shared(this.key, tab)];
    const keys = [public_key, tabPublicKey, this.raw];
    const key = await keyOf("answer", secrets, keys);
    return {
      v: VERSION,
      public_key,
      ...await encrypt(key, boundTo("answer", place, keys), answer, ANSWER_UNIT),
    };
  }

  /** A secret for the audit's HMAC of a searched text, derived of the private key. 64 hexadecimal digits. */
  async auditSecret(): Promise<string> {
    const { d = "" } = await crypto.subtle.exportKey("jwk", this.key);
    const material = await crypto.subtle.importKey("raw", fromBase64Url(d), "HKDF", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits(hkdf(`${INFO} audit`, ""), material, 256);
    return [...new Uint8Array(bits)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

interface PublicPart {
  key: CryptoKey;
  raw: string;
}

type Direction = "request" | "answer";

/** What AES-GCM authenticates beside the body. */
function boundTo(direction: Direction, { requestId, r2Key }: LookPlace, publicKeys: readonly string[]) {
  return utf8(JSON.stringify([INFO, VERSION, direction, requestId.toLowerCase(), r2Key, ...publicKeys]));
}

async function shared(mine: CryptoKey, theirs: CryptoKey): Promise<Uint8Array> {
  const how = { name: "ECDH", public: theirs };
  // some runtimes accept a point that is not on the curve until it is used
  const bits = await crypto.subtle.deriveBits(how, mine, 256).catch(() => {
    throw unreadable("its public key is none");
  });
  return new Uint8Array(bits);
}

function hkdf(info: string, salt: string): HkdfParams {
  return { name: "HKDF", hash: "SHA-256", salt: utf8(salt), info: utf8(info) };
}

async function keyOf(direction: Direction, secrets: readonly Uint8Array[], publicKeys: readonly string[]) {
  const all = Uint8Array.from(secrets.flatMap((secret) => [...secret]));
  const material = await crypto.subtle.importKey("raw", all, "HKDF", false, ["deriveKey"]);
  const how = hkdf(`${INFO} ${VERSION} ${direction}`, publicKeys.join(" "));
  return await crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

async function encrypt(key: CryptoKey, bound: BufferSource, content: unknown, unit: number) {
  const text = utf8(JSON.stringify(content));
  const padded = new Uint8Array(Math.ceil(text.length / unit) * unit).fill(32); // blanks behind JSON mean nothing
  padded.set(text);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const body = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound }, key, padded);
  return { iv: toBase64(iv), body: toBase64(new Uint8Array(body)) };
}

async function decrypt(key: CryptoKey, bound: BufferSource, { iv, body }: Sealed): Promise<unknown> {
  const how = { name: "AES-GCM", iv: fromBase64(iv), additionalData: bound };
  const text = await crypto.subtle.decrypt(how, key, fromBase64(body)).catch(() => {
    throw unreadable("it is another's, or was changed");
  });
  return JSON.parse(new TextDecoder().decode(text));
}

async function publicPoint(raw: string): Promise<CryptoKey> {
  return await crypto.subtle.importKey("raw", fromBase64(raw), CURVE, true, []).catch(() => {
    throw unreadable("its public key is none");
  });
}

function unreadable(why: string): BackupError {
  return new BackupError("look_unreadable", `Cannot open the sealed message: ${why}`);
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** In pieces: a call has a limited number of arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
