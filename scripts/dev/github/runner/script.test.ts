/** Environment, output and remaining processes of a `run:` script. */
import { access, readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { OWNER, REPO, runWorkflow, startForTest, until, workflowOf } from "../test_github.ts";

const where = { owner: OWNER, repo: REPO };
const start = startForTest();

/** Runs one workflow of one job made of these steps. */
async function run(steps: string, more = "", options: Parameters<typeof start>[1] = {}) {
  const test = await start({ "a.yml": workflowOf(steps, more) }, options);
  return { ...await runWorkflow(test, "a.yml"), test };
}

describe("a script", () => {
  it("runs in the workspace under bash -e, with pipefail if the workflow names the shell", async () => {
    const { log, steps, test } = await run(`
- {name: where, run: pwd}
- {name: plain, run: "set -o | grep -E 'errexit|pipefail'; false | true"}
- {name: exit, continue-on-error: true, run: "exit 7; true"}
- {name: named, shell: bash, run: "set -o | grep -E 'errexit|pipefail'; false | true"}`);
    expect(steps).toEqual({ where: "success", plain: "success", exit: "success", named: "failure" });
    expect(log).toContain(` ${test.workspace}\n`);
    expect(log.match(/errexit\s+\w+/g)).toEqual([expect.stringMatching(/on$/), expect.stringMatching(/on$/)]);
    expect(log.match(/pipefail\s+\w+/g)).toEqual([
      expect.stringMatching(/off$/),
      expect.stringMatching(/on$/),
    ]);
    expect(log).toContain("##[error]Process completed with exit code 7.");
    expect(log).toContain("##[error]Process completed with exit code 1.");
  });

  it("keeps both outputs to the last line", async () => {
    const { log } = await run(
      `- run: "for i in $(seq 2000); do echo out-$i; echo err-$i >&2; done; printf 'no end'"`,
    );
    for (const line of ["out-2000", "err-2000", "no end"]) expect(log).toContain(` ${line}\n`);
  });

  it("gets GitHub's variables, the given ones, and no others of this process", async () => {
    process.env.LEAKED_SECRET = "from the parent";
    const { log } = await run(`- run: env`, "env: {A: workflow}", { env: { GIVEN: "yes", PATH: "/first" } });
    delete process.env.LEAKED_SECRET;
    expect(log).toContain(" CI=true\n");
    expect(log).toContain(` GITHUB_REPOSITORY=${OWNER}/${REPO}\n`);
    expect(log).toContain(" GITHUB_EVENT_NAME=workflow_dispatch\n");
    expect(log).toContain(" GITHUB_RUN_NUMBER=1\n");
    expect(log).toContain(" GIVEN=yes\n");
    expect(log).toContain(" A=workflow\n");
    expect(log).toMatch(/ PATH=\/first:/);
    expect(log).not.toContain("LEAKED_SECRET");
  });

  it("exchanges values with the runner through its files", async () => {
    const { conclusion, log } = await run(`
- id: out
  run: |
    echo "one=1" >> "$GITHUB_OUTPUT"
    printf 'two<<END\\na\\nb\\nEND\\n' >> "$GITHUB_OUTPUT"
    echo "VAR=set" >> "$GITHUB_ENV"
    mkdir -p "$RUNNER_TEMP/bin" && printf '#!/bin/sh\\necho found\\n' > "$RUNNER_TEMP/bin/mine"
    chmod +x "$RUNNER_TEMP/bin/mine" && echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
- run: echo "$VAR/$ONE/$TWO" && mine
  env: {ONE: "\${{ steps.out.outputs.one }}", TWO: "\${{ steps.out.outputs.two }}"}
- run: echo "broken" >> "$GITHUB_OUTPUT"`);
    expect(log).toContain("set/1/a");
    expect(log).toContain(" b\n");
    expect(log).toContain(" found\n");
    expect(log).toContain("##[error]Invalid format 'broken'");
    expect(conclusion).toBe("failure");
  });

  it("leaves no process and no folder behind", async () => {
    const { conclusion, log, test } = await run(`- run: sleep 300 & echo "left=$!"`);
    expect(conclusion).toBe("success");
    const left = /left=(\d+)/.exec(log)?.[1] ?? "";
    await until(() => access(`/proc/${left}`).then(() => false, () => true));
    expect(test.github.pids()).toEqual([]);
    expect(await readdir(test.tempFolder)).toEqual([]);
  });
});

describe("secrets", () => {
  it("do not appear in the log in any encoding", async () => {
    const secret = 'p@ss "word"/1';
    const { log } = await run(
      `
- run: |
    echo "plain $S"
    echo -n "$S" | base64
    echo "uri $(node -p 'encodeURIComponent(process.env.S)')"
    echo "json $(node -p 'JSON.stringify(process.env.S)')"
    echo "::add-mask::generated"
    echo "new generated one"
    echo "::error::with $S"
  env: {S: "\${{ secrets.S }}"}`,
      "",
      { secrets: { S: secret } },
    );
    expect(log).toContain("plain ***");
    expect(log).toContain("uri ***");
    expect(log).toContain('json "***"');
    expect(log).toContain("new *** one");
    expect(log).toContain("##[error]with ***");
    for (
      const form of [
        secret,
        "p@ss",
        encodeURIComponent(secret),
        Buffer.from(secret).toString("base64"),
        "generated one",
      ]
    ) {
      expect(log).not.toContain(form);
    }
  });

  it("include a job token with the permissions of the workflow, which expires with the job", async () => {
    const steps = `
- run: |
    echo "token=$(echo "$T" | rev)"
    curl -s -o /dev/null -w 'read %{http_code}\\n' -H "Authorization: Bearer $T" "$API/runs"
    curl -s -o /dev/null -w 'write %{http_code}\\n' -X PUT -H "Authorization: Bearer $T" "$API/workflows/a.yml/enable"
  env: {T: "\${{ github.token }}", API: "\${{ github.api_url }}/repos/\${{ github.repository }}/actions"}`;
    const { log, test } = await run(steps, "permissions: {actions: read}");
    expect(log).toContain("read 200");
    expect(log).toContain("write 403");
    const token = [...(/Z token=(\S+)/.exec(log)?.[1] ?? "")].reverse().join("");
    expect(token).toMatch(/^ghs_/);
    const late = test.as(token).rest.actions.listRepoWorkflows(where);
    await expect(late).rejects.toMatchObject({ status: 401 });
  });
});
