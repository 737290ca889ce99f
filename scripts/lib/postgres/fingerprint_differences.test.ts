import { expect, test } from "vitest";
import { describeDifferences } from "./fingerprint_differences.ts";

const FORMAT = JSON.stringify(["-", "fingerprint", "format", { version: 2 }]);

test("a difference in a trigger is reported without the arguments of its function", () => {
  const line = (key: string) =>
    JSON.stringify(["public", "trigger", "pedidos.webhook", {
      definition: `CREATE TRIGGER webhook AFTER INSERT ON public.pedidos FOR EACH ROW ` +
        `EXECUTE FUNCTION supabase_functions.http_request('https://x', 'POST', '{"Authorization":"Bearer ${key}"}')`,
    }]);
  const [difference = ""] = describeDifferences([line("segredo-1")], [line("segredo-2")]);
  expect(difference).toContain("EXECUTE FUNCTION supabase_functions.http_request(…)");
  expect(difference).not.toContain("segredo");
});

test("a difference in the options of a foreign server is reported without their values", () => {
  const line = (options: string[] | null) =>
    JSON.stringify(["-", "foreign server", "pagamentos", { options }]);
  const differences = (before: string[] | null, after: string[] | null) =>
    describeDifferences([FORMAT, line(before)], [FORMAT, line(after)]);
  expect(differences(["api_key=segredo-1", "host=x"], ["api_key=segredo-2", "host=x"])).toEqual([
    "options of foreign server pagamentos differ: api_key",
  ]);
  expect(differences(null, ["api_key=segredo"])).toEqual([
    "options of foreign server pagamentos differ: api_key",
  ]);
});

test("a name has its schema once", () => {
  const line = (kind: string, name: string) => JSON.stringify(["public", kind, name, {}]);
  expect(
    describeDifferences(
      [line("function", "public.f()"), line("relation", "t"), line("schema", "public")],
      [],
    ),
  )
    .toEqual(["function public.f() is missing", "relation public.t is missing", "schema public is missing"]);
});
