import { describe, expect, it } from "vitest";
import {
  ALL_TARGETS,
  BEGINNING,
  chooseTarget,
  isFiltered,
  readPlace,
  showKind,
  shownTarget,
  withFilter,
  writePlace,
} from "./history_place.ts";

const read = (query: string) => readPlace(new URLSearchParams(query));
const ID = "b9a0a3f5-4a4e-4b7c-9b3e-3a1a0c7d2f10";

describe("the URL", () => {
  it.each([
    ["", {}],
    ["alvo=dev&pagina=3", { target: "dev", page: 2 }],
    ["alvo=nada&pagina=-4&ordem=torta&tipo=x&estado=y&origem=z&de=ontem&depois=1", {}],
    ["pagina=1.5", {}],
    ["pagina=1", {}],
    ["tipo=restore&estado=failed", { kind: "restore", status: "failed" }],
    ["de=2026-11-01&ate=2026-11-24&busca=%20migra%20", {
      from: "2026-11-01",
      to: "2026-11-24",
      search: "migra",
    }],
    [`ordem=oldest&pagina=2&depois=${ID}`, { sort: "oldest", page: 1, after: ID }],
  ])("%j is read", (query, place) => expect(read(query)).toEqual({ ...BEGINNING, ...place }));

  it("is the same for a place, in whatever order its filters were set", () => {
    const place = read("alvo=prod&busca=migracao&ordem=largest");
    for (const query of ["ordem=largest&alvo=prod", "busca=x&ordem=oldest", ""]) {
      expect(writePlace(new URLSearchParams(query), place).toString()).toBe(
        "alvo=prod&busca=migracao&ordem=largest",
      );
    }
  });

  it("is read as it was written, and keeps foreign parameters", () => {
    const place = {
      ...BEGINNING,
      kind: "drill",
      target: "prod",
      status: "lost",
      origin: "person",
      from: "2026-01-01",
      to: "2026-02-01",
      search: "a b",
      sort: "oldest",
      page: 3,
      after: ID,
      details: "revo/prod/x.dump.gz",
    } as const;
    const written = writePlace(new URLSearchParams("x=1&pagina=9"), place);
    expect(written.get("x")).toBe("1");
    expect(readPlace(written)).toEqual(place);
    expect(writePlace(written, BEGINNING).toString()).toBe("x=1");
  });
});

it("a change of the filters returns to the first page", () => {
  const place = { ...BEGINNING, page: 4, after: ID, search: "a", origin: "local", sort: "largest" } as const;
  const changed = { ...place, ...withFilter({ target: "dev" }) };
  expect(changed).toEqual({ ...place, page: 0, after: null, target: "dev" });
  expect({ ...place, ...showKind("restore") }).toEqual({ ...BEGINNING, search: "a", kind: "restore" });
});

it("shows backups of production and runs of all targets, unless another target is chosen", () => {
  expect(shownTarget({ kind: "backup", target: null })).toBe("prod");
  expect(shownTarget({ kind: "restore", target: null })).toBeNull();
  expect(shownTarget({ kind: "backup", target: "dev" })).toBe("dev");
  expect(shownTarget(read("alvo=todos"))).toBeNull();
  expect(chooseTarget("backup", "prod")).toBeNull();
  expect(chooseTarget("restore", "prod")).toBe("prod");
  expect(chooseTarget("restore", ALL_TARGETS)).toBeNull();
  expect(isFiltered(read("alvo=todos"))).toBe(false);
});

it("detects a filter", () => {
  expect(isFiltered(BEGINNING)).toBe(false);
  expect(isFiltered({ ...BEGINNING, sort: "oldest", kind: "drill", page: 2 })).toBe(false);
  expect(isFiltered({ ...BEGINNING, search: "a" })).toBe(true);
  expect(isFiltered({ ...BEGINNING, to: "2026-01-01" })).toBe(true);
});
