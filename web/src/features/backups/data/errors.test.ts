import { describe, expect, it } from "vitest";
import { z } from "zod";
import { messageOf } from "@backup/messages.ts";
import type { BackupsClient } from "./backups_client.ts";
import { functionError } from "./function_call.ts";
import { callRpc } from "./rpc.ts";
import { rpcError } from "./rpc_error.ts";

/** Errors in the form that functions-js throws. */
function invokeError(name: string, context: unknown): Error {
  return Object.assign(new Error("Edge Function returned a non-2xx status code"), { name, context });
}

const http = (status: number, body: string) =>
  functionError(invokeError("FunctionsHttpError", new Response(body, { status })));

describe("functionError", () => {
  it("shows the function's own sentence", async () => {
    const body = JSON.stringify({
      ok: false,
      error: "busy",
      message: "Maria restaura desde 10:02.",
      details: { a: 1 },
    });
    const error = await http(409, body);
    expect(error).toMatchObject({ kind: "refused", code: "busy", message: "Maria restaura desde 10:02." });
    expect(error.detail).toBe('busy {"a":1}');
    expect(error.unclear).toBe(false);
  });

  it("recognizes an expired session, reported by the function or the platform", async () => {
    const ours = JSON.stringify({ ok: false, error: "invalid_token", message: "Entre novamente." });
    expect(await http(401, ours)).toMatchObject({ kind: "session", code: "invalid_token" });
    expect(await http(401, "Unauthorized")).toMatchObject({ kind: "session" });
  });

  it("does not treat a page of the platform as a refusal", async () => {
    expect(await http(404, "<h1>Not found</h1>")).toMatchObject({ kind: "broken", code: "config_error" });
    expect(await http(500, "{}")).toMatchObject({ kind: "broken", unclear: true });
  });

  it("distinguishes a missing response from an error response", async () => {
    const error = await functionError(invokeError("FunctionsFetchError", new TypeError("Failed to fetch")));
    expect(error).toMatchObject({ kind: "network", unclear: true, transient: true });
  });

  it("treats an unconfirmed dispatch as unclear", async () => {
    const body = JSON.stringify({ ok: false, error: "github_unclear", message: "?" });
    expect((await http(502, body)).unclear).toBe(true);
  });
});

describe("rpcError", () => {
  const failure = (code: string, hint: string | null = null) => ({ code, message: "m", hint });

  it.each([
    [failure("PGRST301"), 401, "session", "invalid_token"],
    [failure("42501"), 403, "refused", "forbidden"],
    [failure("PT400", "empresa_not_selected"), 400, "refused", "empresa_not_selected"],
    [failure("PGRST001"), 503, "broken", "catalog_unavailable"],
    [failure("PGRST202", "Perhaps you meant to call …"), 404, "refused", "internal_server_error"],
  ])("%j with status %d is %s/%s", (given, status, kind, code) => {
    expect(rpcError(given, status)).toMatchObject({ kind, code });
  });

  it("is not asked where nothing answered: its code might not load either", async () => {
    const answer = { data: null, error: failure(""), status: 0 };
    const client: Pick<BackupsClient, "rpc"> = {
      rpc: () => ({ abortSignal: () => Promise.resolve(answer) }),
    };
    await expect(callRpc(client, "ops_db_backups_list", {}, z.unknown(), new AbortController().signal))
      .rejects.toMatchObject({ kind: "network", code: "network" });
  });

  it("shows the sentences of messages.ts", () => {
    expect(rpcError(failure("42501"), 403).message).toBe(messageOf("forbidden"));
  });
});
