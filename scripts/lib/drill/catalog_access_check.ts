/** Whether the catalog is as its migrations make it: another migration can open its tables or overload its functions. */
import { catalogAccessQuery, catalogDifferences } from "../catalog/access.ts";
import { passUnless, skipped } from "./check.ts";
import { ownerCheck } from "./transactions.ts";

export const catalogAccessCheck = ownerCheck("catalog_access", async (session) => {
  const differences = catalogDifferences(await session.value(await catalogAccessQuery()));
  return differences === null ? skipped("the backup has no catalog of this product") : passUnless(
    differences,
    "signatures, grants and row level security of the catalog are its migrations' own",
  );
});
