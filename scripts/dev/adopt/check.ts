/** Everything that can be said of a checkout of Revo ERP before and while this product is put into it. */
import { checkDatabase } from "./check_database.ts";
import { checkFiles } from "./check_files.ts";
import { checkGitHub } from "./check_github.ts";
import { checkPackages } from "./check_packages.ts";
import { checkScreen } from "./check_screen.ts";
import { checkSettings } from "./check_settings.ts";
import type { Finding } from "./finding.ts";
import type { Tree } from "./tree.ts";

/**
 * Reads only.
 * @throws {Error} when a file of the checkout that has to be read is broken.
 */
export function checkCheckout(ours: Tree, erp: Tree): Finding[] {
  return [
    ...checkFiles(ours, erp),
    ...checkDatabase(ours, erp),
    ...checkPackages(ours, erp),
    ...checkSettings(ours, erp),
    ...checkGitHub(ours, erp),
    ...checkScreen(erp),
  ];
}
