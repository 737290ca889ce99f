/** The checks of the restored database, in the order in which they are made. */
import { anonCheck } from "./anon_check.ts";
import { catalogAccessCheck } from "./catalog_access_check.ts";
import type { CheckGroup } from "./check.ts";
import { companyCheck } from "./company_check.ts";
import { fingerprintChecks } from "./fingerprint_checks.ts";
import { indexCheck } from "./index_check.ts";
import { managersCheck } from "./managers_check.ts";
import { measuresCheck } from "./measures_check.ts";
import { migrationCheck } from "./migration_check.ts";
import { projectAssertsCheck } from "./project_asserts.ts";
import { rg03Checks } from "./rg03.ts";
import { rowChecks, sequenceCheck } from "./row_checks.ts";

export const DATABASE_CHECKS: readonly CheckGroup[] = [
  rowChecks,
  sequenceCheck,
  measuresCheck,
  fingerprintChecks,
  migrationCheck,
  anonCheck,
  companyCheck,
  indexCheck,
  catalogAccessCheck,
  managersCheck,
  projectAssertsCheck,
  rg03Checks,
];
