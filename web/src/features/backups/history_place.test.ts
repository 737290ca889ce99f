import { expect, it } from "vitest";
import { readPlace, writePlace } from "./history_place.ts";

const read = (query: string) => readPlace(new URLSearchParams(query));

it.each([
  ["", { target: null, page: 0 }],
  ["alvo=dev&pagina=3", { target: "dev", page: 2 }],
  ["alvo=nada&pagina=-4", { target: null, page: 0 }],
  ["pagina=1.5", { target: null, page: 0 }],
])("reads %j", (query, place) => expect(read(query)).toEqual(place));

it("comes back as it was written, and keeps what is not its own", () => {
  const written = writePlace(new URLSearchParams("x=1&pagina=9"), { target: "prod", page: 1 });
  expect(written.get("x")).toBe("1");
  expect(readPlace(written)).toEqual({ target: "prod", page: 1 });
  expect(writePlace(written, { target: null, page: 0 }).toString()).toBe("x=1");
});
