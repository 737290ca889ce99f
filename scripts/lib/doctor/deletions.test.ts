/** Texts that delete in the vault, and texts that do not. */
import { expect, test } from "vitest";
import { copiesTaken, findDeletions } from "./deletions.ts";

const found = (text: string) =>
  findDeletions([{ path: "x", text }]).map(({ prefix, days }) => [prefix, days]);

test.each([
  ['aws s3 rm "s3://b/revo/" --recursive', [["revo/", null]]],
  ["OLDER_DAYS=90\naws s3api delete-object --key revo/prod/x", [["revo/", 90]]],
  ["rclone delete r2:b/revo/ --min-age 30d", [["revo/", 30]]],
  ['new DeleteObjectsCommand({ Prefix: "audit/" }) // older than 10 days', [["audit/", 10]]],
  ['aws s3 rm "s3://b/invoices/" --recursive', []],
  ["aws s3 cp s3://b/revo/prod/x .", []],
  ["rm -rf build/prorevo/", []],
])("%s", (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test("which copies a deletion takes", () => {
  expect(copiesTaken({ days: 20 })).toMatch(/^os 4 semanais, os 12 mensais, os 2 anuais, os retidos/);
  expect(copiesTaken({ days: null })).toMatch(/^os 7 diários, /);
});
