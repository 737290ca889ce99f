import { expect, it } from "vitest";
import { readEnvironment } from "./environment.ts";

it("returns the public values", () => {
  expect(
    readEnvironment({
      VITE_SUPABASE_URL: "http://127.0.0.1:1",
      VITE_SUPABASE_PUBLISHABLE_KEY: "k",
      MODE: "x",
    }),
  )
    .toEqual({ ok: true, supabaseUrl: "http://127.0.0.1:1", publishableKey: "k", lookPublicKey: null });
  const all = {
    VITE_SUPABASE_URL: "http://127.0.0.1:1",
    VITE_SUPABASE_PUBLISHABLE_KEY: "k",
    VITE_LOOK_PUBLIC_KEY: "look",
  };
  expect(readEnvironment(all)).toMatchObject({ ok: true, lookPublicKey: "look" });
});

it("names every missing or invalid variable", () => {
  const names = ["VITE_SUPABASE_URL", "VITE_SUPABASE_PUBLISHABLE_KEY"];
  expect(readEnvironment({})).toEqual({ ok: false, names });
  expect(readEnvironment({ VITE_SUPABASE_URL: "file:///x", VITE_SUPABASE_PUBLISHABLE_KEY: "" })).toEqual({
    ok: false,
    names,
  });
});
