import { expect, it } from "vitest";
import { chosenOptions } from "./restore_options.ts";

it("says whose privileges a restore copies, also that it copies none", () => {
  const of = (privileges_from: string) => chosenOptions({ privileges_from });
  expect([of("newest"), of("none"), of("revo/k")]).toEqual([
    ["As permissões serão copiadas do backup mais novo."],
    ["Nenhuma permissão será copiada de outro backup."],
    ["As permissões serão copiadas de outro backup: revo/k."],
  ]);
});
