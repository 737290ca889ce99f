/** Steps and composite actions: which run, and which values they pass on. */
import { describe, expect, it } from "vitest";
import { OWNER, REPO, runWorkflow, startForTest, workflowOf } from "../test_github.ts";

const start = startForTest();

/** Runs one workflow of one job made of these steps. */
async function run(steps: string, more = "", options: Parameters<typeof start>[1] = {}) {
  const test = await start({ "a.yml": workflowOf(steps, more) }, options);
  return { ...await runWorkflow(test, "a.yml"), test };
}

describe("steps", () => {
  it("run by their conditions", async () => {
    const { conclusion, steps } = await run(`
- {name: fails, id: f, run: exit 3}
- {name: after failure, run: echo}
- {name: failure, if: failure(), run: echo}
- {name: always, if: "\${{ always() }}", run: echo}
- {name: outcome, if: "always() && steps.f.outcome == 'failure'", run: echo}
- {name: text only, if: "'failure()' == 'x'", run: echo}
- {name: cancelled, if: cancelled(), run: echo}`);
    expect(conclusion).toBe("failure");
    expect(steps).toEqual({
      "fails": "failure",
      "after failure": "skipped",
      "failure": "success",
      "always": "success",
      "outcome": "success",
      "text only": "skipped",
      "cancelled": "skipped",
    });
  });

  it("may fail without failing the job, and are stopped at their time-out", async () => {
    const { conclusion, steps, log } = await run(`
- {name: forgiven, id: f, continue-on-error: true, run: exit 1}
- {name: both, if: "steps.f.outcome == 'failure' && steps.f.conclusion == 'success'", run: echo}
- {name: slow, timeout-minutes: 0.005, run: sleep 60}`);
    expect(conclusion).toBe("failure");
    expect(steps).toEqual({ forgiven: "success", both: "success", slow: "failure" });
    expect(log).toContain("##[error]The action 'slow' has timed out after 0.005 minutes.");
  });

  it("use the defaults and their own working directory", async () => {
    const { log, test } = await run(
      `- run: mkdir -p in/side\n- run: pwd\n  working-directory: in/side\n- run: pwd`,
      "defaults: {run: {working-directory: .}}",
    );
    expect(log).toContain(`${test.workspace}/in/side\n`);
    expect(log).toContain(` ${test.workspace}\n`);
  });
});

describe("a composite action", () => {
  const action = `
name: Mine
description: For the test
inputs:
  who: {default: anyone}
  other: {default: "\${{ github.repository }}"}
outputs:
  greeting: {value: "\${{ steps.greet.outputs.text }}"}
runs:
  using: composite
  steps:
    - id: greet
      shell: bash
      run: |
        echo "text=hello $WHO from $OTHER" >> "$GITHUB_OUTPUT"
        echo "INSIDE=yes" >> "$GITHUB_ENV"
        test -f "$GITHUB_ACTION_PATH/action.yml"
        exit "\${CODE:-0}"
      env: {WHO: "\${{ inputs.who }}", OTHER: "\${{ inputs.other }}"}
    - uses: denoland/setup-deno@v2
    - {if: failure(), shell: bash, run: echo inner failure}
`;
  const files = (steps: string) => ({
    ".github/actions/mine/action.yml": action,
    "a.yml": workflowOf(steps),
  });

  it("runs its steps, with inputs, outputs and environment", async () => {
    const steps = `
- uses: ./.github/actions/mine
  id: mine
  with: {who: Ana}
- run: echo "$G/$INSIDE/\${STEP:-none}"
  env: {G: "\${{ steps.mine.outputs.greeting }}"}`;
    const { conclusion, log } = await runWorkflow(await start(files(steps)), "a.yml");
    expect(conclusion).toBe("success");
    expect(log).toContain(`hello Ana from ${OWNER}/${REPO}/yes/none`);
    expect(log).toContain("does nothing for denoland/setup-deno@v2");
  });

  it("fails its step when one of its own fails", async () => {
    const steps = `- {name: mine, uses: ./.github/actions/mine, env: {CODE: 4}}\n- run: echo`;
    const ended = await runWorkflow(await start(files(steps)), "a.yml");
    expect(ended).toMatchObject({ conclusion: "failure", steps: { mine: "failure", "Run echo": "skipped" } });
    expect(ended.log).toContain("inner failure");
  });

  it("accepts only the inputs that it declares", async () => {
    const { log } = await runWorkflow(
      await start(files(`- {uses: ./.github/actions/mine, with: {nope: 1}}`)),
      "a.yml",
    );
    expect(log).toContain("##[error]Unexpected input(s) 'nope' for ./.github/actions/mine");
  });
});
