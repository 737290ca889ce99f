/** Alarms as issues of the repository: one for each alarm, identified by a label and a mark in its text. */
import type { AlarmBoard, Mark, OpenIssue } from "../../../supabase/functions/_shared/alerts/deliver.ts";
import type { Alarm, AlarmSource } from "@backup/watch/alarm.ts";
import { BackupError } from "@backup/errors.ts";
import { callGitHub, type GitHubRepository } from "./github.ts";
import { changeText, clearedText, issueText, readMark } from "./alarm.ts";

export const ALARM_LABEL = "alarme-backups";
const LABEL = {
  name: ALARM_LABEL,
  color: "b60205",
  description: "Avisos do vigia dos backups; abertos e fechados por ele",
};

interface IssueChange {
  title?: string;
  body?: string;
  state?: "closed";
  state_reason?: "completed";
}

export class AlarmIssues implements AlarmBoard {
  readonly #github: GitHubRepository;
  #hasLabel = false;

  constructor(github: GitHubRepository) {
    this.#github = github;
  }

  async open(): Promise<OpenIssue[]> {
    const { octokit, where } = this.#github;
    const query = { ...where, labels: ALARM_LABEL, state: "open", per_page: 100 } as const;
    const issues = await callGitHub(
      "Cannot list the alarms",
      () => octokit.paginate(octokit.rest.issues.listForRepo, query),
    );
    return issues.flatMap(({ number, html_url, title, body }) => {
      const mark = readMark(body ?? "");
      return mark === null ? [] : [{ number, url: html_url, title, mark }];
    }).reverse();
  }

  async create(alarm: Alarm, mark: Mark, source: AlarmSource): Promise<OpenIssue> {
    await this.#requireLabel();
    const { octokit, where } = this.#github;
    const [title, body] = [alarm.title, issueText(alarm, mark, source)];
    const { data } = await callGitHub(
      `Cannot open the issue of ${alarm.id}`,
      () => octokit.rest.issues.create({ ...where, title, body, labels: [ALARM_LABEL] }),
    );
    return { number: data.number, url: data.html_url, title, mark };
  }

  async update(issue: OpenIssue, alarm: Alarm, mark: Mark, source: AlarmSource): Promise<void> {
    const [title, body] = [alarm.title, issueText(alarm, mark, source)];
    await this.#change(issue.number, { title, body });
    if (issue.mark.material !== mark.material) await this.#comment(issue.number, changeText(alarm, source));
  }

  async storeMark(issue: OpenIssue, alarm: Alarm, mark: Mark, source: AlarmSource): Promise<void> {
    await this.#change(issue.number, { body: issueText(alarm, mark, source) });
  }

  async close(issue: OpenIssue, source: AlarmSource): Promise<void> {
    await this.#comment(issue.number, clearedText(source));
    await this.#change(issue.number, { state: "closed", state_reason: "completed" });
  }

  async #change(issue_number: number, change: IssueChange): Promise<void> {
    const { octokit, where } = this.#github;
    await callGitHub(
      `Cannot change the issue ${issue_number}`,
      () => octokit.rest.issues.update({ ...where, ...change, issue_number }),
    );
  }

  async #comment(issue_number: number, body: string): Promise<void> {
    const { octokit, where } = this.#github;
    await callGitHub(
      `Cannot comment on the issue ${issue_number}`,
      () => octokit.rest.issues.createComment({ ...where, issue_number, body }),
    );
  }

  /** GitHub would drop an unknown label, or create it without colour and description. */
  async #requireLabel(): Promise<void> {
    if (this.#hasLabel) return;
    const { octokit, where } = this.#github;
    try {
      await callGitHub(
        "Cannot find the label",
        () => octokit.rest.issues.getLabel({ ...where, name: ALARM_LABEL }),
      );
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== "github_not_found") throw error;
      await callGitHub(
        "Cannot make the label",
        () => octokit.rest.issues.createLabel({ ...where, ...LABEL }),
      );
    }
    this.#hasLabel = true;
  }
}
