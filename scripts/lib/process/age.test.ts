/** Encryption by age, and which keys open what. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { beforeAll, expect, test } from "vitest";
import { installSystemPackages } from "../../dev/system_packages.ts";
import { decrypt, encrypt, isAgeKey } from "./age.ts";

/** A pair of age: its secret and its public key. */
function pair(): { secret: string; recipient: string } {
  const text = execFileSync("age-keygen", { stdio: ["ignore", "pipe", "ignore"] }).toString();
  const [, recipient = ""] = /public key: (\S+)/.exec(text) ?? [];
  return { secret: text.trim().split("\n").at(-1) ?? "", recipient };
}

beforeAll(() => installSystemPackages(["age"], () => {}));

const CONTENT = randomBytes(3_000_000);
async function* content() {
  for (let at = 0; at < CONTENT.length; at += 100_000) yield CONTENT.subarray(at, at + 100_000);
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("each recipient's key opens what was encrypted, with others beside it", async () => {
  const [a, b, other] = [pair(), pair(), pair()];
  const sealed = await all(encrypt(content(), [a.recipient, b.recipient]));
  for (const keys of [[a.secret], [other.secret, b.secret]]) {
    expect(CONTENT.equals(await all(decrypt(one(sealed), keys)))).toBe(true);
  }
  await expect(all(decrypt(one(sealed), [other.secret]))).rejects.toMatchObject({ code: "identity_missing" });
});

test("a mistyped key is none", () => {
  const { secret, recipient } = pair();
  expect([isAgeKey("secret", secret), isAgeKey("public", recipient)]).toEqual([true, true]);
  expect([isAgeKey("public", secret), isAgeKey("secret", recipient)]).toEqual([false, false]);
  const mistyped = (key: string) =>
    key.slice(0, -1) + (/q$/i.test(key) ? "2" : key === recipient ? "q" : "Q");
  expect([isAgeKey("public", mistyped(recipient)), isAgeKey("secret", mistyped(secret))]).toEqual([
    false,
    false,
  ]);
});

test("a program that was ended from outside says nothing about the archive", async () => {
  const { secret, recipient } = pair();
  const sealed = await all(encrypt(content(), [recipient]));
  async function* waiting() {
    yield sealed.subarray(0, 1_000_000);
    const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).find((pid) =>
      Number(read(pid, "stat").split(" ")[3]) === process.pid && read(pid, "cmdline").includes("--decrypt")
    );
    process.kill(Number(found), "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await expect(all(decrypt(waiting(), [secret]))).rejects.toMatchObject({ code: "internal_server_error" });
});

test("what was cut or changed is an error", async () => {
  const { secret, recipient } = pair();
  const sealed = await all(encrypt(content(), [recipient]));
  const changed = Buffer.from(sealed);
  changed[2_000_000] = (changed[2_000_000] ?? 0) ^ 1;
  for (const wrong of [sealed.subarray(0, 2_000_000), changed]) {
    await expect(all(decrypt(one(wrong), [secret]))).rejects.toMatchObject({ code: "archive_corrupt" });
  }
});

test("an error of the source is the error, not an end", async () => {
  async function* broken() {
    yield CONTENT.subarray(0, 1000);
    throw new Error("the dump ended");
  }
  await expect(all(encrypt(broken(), [pair().recipient]))).rejects.toThrow("the dump ended");
});

test("the secret key is in no argument and no environment of a process", async () => {
  const { secret, recipient } = pair();
  const sealed = await all(encrypt(content(), [recipient]));
  const reader = decrypt(one(sealed), [secret]);
  await reader.next();
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const said = processes.map((pid) => [read(pid, "cmdline"), read(pid, "environ")].join("\n"));
  expect(said.some((text) => text.includes("--decrypt"))).toBe(true);
  expect(said.filter((text) => text.includes(secret))).toEqual([]);
  await reader.return(undefined);
});

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it has ended
  }
}

async function* one(bytes: Uint8Array) {
  yield bytes;
}
