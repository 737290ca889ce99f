import assert from "node:assert/strict";
import { BackupError } from "../errors.ts";
import { isLookPublicKey, LookHolder, LookTab, makeLookKeys, type Sealed, sealedSchema } from "./seal.ts";

const R2_KEY = "revo/prod/2026/01/15/revo-prod-full-20260115T031022Z.dump.gz";
const PLACE = { requestId: "0b0f9b1c-7f5e-4b5e-9d0a-0123456789ab", r2Key: R2_KEY };
const OTHERS = [
  { ...PLACE, requestId: "1b0f9b1c-7f5e-4b5e-9d0a-0123456789ab" },
  { ...PLACE, r2Key: R2_KEY.replace("prod", "dev") },
];
const REQUEST = { search: "529.982.247-25" };
const ANSWER = { found: ["Ana", "José ✓"] };

const ours = await makeLookKeys();
const theirs = await makeLookKeys();
const holder = await LookHolder.of(ours.privateKey);
const unreadable = { code: "look_unreadable" };

const ask = (publicKey = ours.publicKey) => LookTab.ask(publicKey, PLACE, REQUEST);

/** The message with one bit of its body changed. */
function flipped(sealed: Sealed, at: number): Sealed {
  const bytes = Uint8Array.from(atob(sealed.body), (char) => char.charCodeAt(0));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return { ...sealed, body: btoa(String.fromCharCode(...bytes)) };
}

Deno.test("a request and its answer arrive", async () => {
  const tab = await ask();
  assert.deepEqual(sealedSchema.parse(tab.sealed), tab.sealed);
  assert.deepEqual(await holder.open(PLACE, tab.sealed), REQUEST);
  const answer = await holder.seal(PLACE, tab.sealed.public_key, ANSWER);
  assert.deepEqual(sealedSchema.parse(answer), answer);
  assert.deepEqual(await tab.open(answer), ANSWER);
});

Deno.test("neither message is open to who has the other installation's key", async () => {
  const tab = await ask();
  const stranger = await LookHolder.of(theirs.privateKey);
  await assert.rejects(stranger.open(PLACE, tab.sealed), unreadable);
  const forged = await stranger.seal(PLACE, tab.sealed.public_key, ANSWER);
  await assert.rejects(tab.open(forged), unreadable, "an answer that the holder did not seal");
});

Deno.test("a message belongs to one request of one backup", async () => {
  const tab = await ask();
  for (const other of OTHERS) {
    await assert.rejects(holder.open(other, tab.sealed), unreadable);
    await assert.rejects(tab.open(await holder.seal(other, tab.sealed.public_key, ANSWER)), unreadable);
  }
});

Deno.test("an answer is open to the tab that asked alone, also where another one asked the same", async () => {
  const [tab, other] = [await ask(), await ask()];
  const answer = await holder.seal(PLACE, tab.sealed.public_key, ANSWER);
  await assert.rejects(other.open(answer), unreadable);
});

Deno.test("a request is not an answer", async () => {
  const tab = await ask();
  await assert.rejects(tab.open(tab.sealed), unreadable);
  const answer = await holder.seal(PLACE, tab.sealed.public_key, ANSWER);
  await assert.rejects(holder.open(PLACE, answer), unreadable);
});

Deno.test("a changed bit, vector or key is found, wherever it is", async () => {
  const tab = await ask();
  const answer = await holder.seal(PLACE, tab.sealed.public_key, ANSWER);
  for (const at of [0, 500, atob(tab.sealed.body).length - 1]) {
    await assert.rejects(holder.open(PLACE, flipped(tab.sealed, at)), unreadable);
    await assert.rejects(tab.open(flipped(answer, at)), unreadable);
  }
  const other = await ask();
  for (const part of ["iv", "public_key"] as const) {
    await assert.rejects(holder.open(PLACE, { ...tab.sealed, [part]: other.sealed[part] }), unreadable);
    await assert.rejects(tab.open({ ...answer, [part]: other.sealed[part] }), unreadable);
  }
  const noPoint = `B${"A".repeat(86)}=`;
  await assert.rejects(holder.open(PLACE, { ...tab.sealed, public_key: noPoint }), unreadable);
});

Deno.test("the length of a request does not tell the length of the text", async () => {
  const lengths = await Promise.all(
    ["", "x".repeat(200)].map(async (search) =>
      (await LookTab.ask(ours.publicKey, PLACE, { search })).sealed.body.length
    ),
  );
  assert.equal(lengths[0], lengths[1]);
});

Deno.test("the secret of the audit is of the private key, and is not the key", async () => {
  const again = await LookHolder.of(`${ours.privateKey}\n`);
  const secret = await holder.auditSecret();
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal(await again.auditSecret(), secret);
  assert.notEqual(await (await LookHolder.of(theirs.privateKey)).auditSecret(), secret);
});

Deno.test("what is no key is refused, a private one without its text", async () => {
  assert.ok(isLookPublicKey(ours.publicKey));
  for (const text of ["", "x", ours.privateKey, ours.publicKey.slice(1), ours.publicKey.replace("M", "N")]) {
    assert.ok(!isLookPublicKey(text));
    await assert.rejects(ask(text), { code: "config_error" });
  }
  const broken = ours.privateKey.slice(0, -12) + "AAAAAAAAAAAA";
  for (const text of ["", "x", ours.publicKey, ours.privateKey.slice(1), broken]) {
    await assert.rejects(
      LookHolder.of(text),
      (error) =>
        error instanceof BackupError && error.code === "missing_environment" && error.cause === undefined &&
        (text.length < 2 || !error.message.includes(text)),
    );
  }
});
