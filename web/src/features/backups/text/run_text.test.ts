import { expect, it } from "vitest";
import { RUN_KINDS, RUN_STATUSES } from "@backup/runs/run.ts";
import { TARGETS } from "@backup/target.ts";
import { runStatusName } from "./labels.ts";
import { runSentence } from "./run_text.ts";

const ALL = RUN_KINDS.flatMap((kind) =>
  [...RUN_STATUSES, "requested" as const].flatMap((status) =>
    TARGETS.map((target) => ({ kind, status, target }))
  )
);

it("has a sentence for each kind, state and target, in agreement with the kind's gender", () => {
  for (const run of ALL) {
    const masculine = run.kind === "backup" || run.kind === "drill";
    expect(runSentence(run)).toMatch(
      masculine ? /\b[Oo] (backup|ensaio) / : /\b[Aa] (restauração|simulação|limpeza) /,
    );
    expect(runSentence(run)).toMatch(/ (da|do|em) (produção|desenvolvimento|verificação)( |$)/i);
    const own = masculine ? "o" : "a";
    const names = run.status === "requested" ? [] : [runStatusName(run.kind, run.status)];
    for (const text of [runSentence(run), ...names]) {
      const [, ending = own] = /(?:concluíd|cancelad|perdid|pedid)([ao])$/i.exec(text) ?? [];
      expect([text, ending]).toEqual([text, own]);
    }
  }
  expect(runSentence({ kind: "backup", target: "prod", status: "succeeded" }))
    .toBe("O backup da produção foi concluído");
  expect(runSentence({ kind: "restore", target: "dev", status: "cancelled" }))
    .toBe("A restauração em Desenvolvimento foi cancelada");
});
