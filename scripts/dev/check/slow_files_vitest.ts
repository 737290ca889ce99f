import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { ROOT } from "../root.ts";

const FILE = join(ROOT, "scripts", "tests", "slow_files.json");
const SLOW_FROM_SECONDS = 10;

/** `npm run test:slow`: writes the seconds of each slow test file, by which scripts/vitest.config.ts orders them. */
export default class SlowFilesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const seconds = modules.map((module) => {
      const { duration, collectDuration } = module.diagnostic();
      return [module.moduleId.slice(ROOT.length), Math.round((duration + collectDuration) / 1000)] as const;
    });
    const slow = seconds.filter(([, its]) => its >= SLOW_FROM_SECONDS).sort(([, a], [, b]) => b - a);
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(slow), null, 2)}\n`);
  }
}
