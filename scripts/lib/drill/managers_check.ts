/** Who could restore production by the permissions of the backup: stated in the receipt, no fault of the backup. */
import { readManagers } from "../catalog/prod_managers.ts";
import { pass, skipped } from "./check.ts";
import { ownerCheck } from "./transactions.ts";

export const managersCheck = ownerCheck("prod_managers", async (session) => {
  const managers = await readManagers(session);
  if (managers === null) return skipped("the backup has no permission functions of the ERP");
  const { users, companies, isCut } = managers;
  const who = `${isCut ? "at least " : ""}${users} ${users === 1 ? "user" : "users"} of ${companies} ${
    companies === 1 ? "company" : "companies"
  } may restore production`;
  return pass(companies > 1 ? `WARNING: ${who}, which takes the data of every company back` : who);
});
