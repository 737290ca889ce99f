/** The issues of the local GitHub's repository, in memory. */

export interface LabelRecord {
  id: number;
  name: string;
  /** Six hexadecimal digits. */
  color: string;
  description: string | null;
}

export interface CommentRecord {
  id: number;
  body: string;
  createdAt: Date;
}

export type StateReason = "completed" | "not_planned" | "reopened" | "duplicate" | null;

export interface IssueRecord {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: "open" | "closed";
  stateReason: StateReason;
  labels: LabelRecord[];
  comments: CommentRecord[];
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
}

export interface IssueChange {
  title?: string;
  body?: string | null;
  labels?: readonly string[];
  state?: IssueRecord["state"];
  stateReason?: StateReason;
}

/** GitHub's color of a label that an issue creates. */
const DEFAULT_COLOR = "ededed";

export class IssueTracker {
  readonly #issues: IssueRecord[] = [];
  readonly #labels = new Map<string, LabelRecord>();
  readonly #nextId: () => number;

  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  /** All issues, newest first. */
  all(): IssueRecord[] {
    return this.#issues.toReversed();
  }

  find(number: number): IssueRecord | null {
    return this.#issues.find((issue) => issue.number === number) ?? null;
  }

  /** A new issue. Labels that do not exist are created. */
  open(title: string, body: string | null, labels: readonly string[]): IssueRecord {
    const now = new Date();
    const issue: IssueRecord = {
      id: this.#nextId(),
      number: this.#issues.length + 1,
      title,
      body,
      state: "open",
      stateReason: null,
      labels: this.#labelled(labels),
      comments: [],
      createdAt: now,
      updatedAt: now,
      closedAt: null,
    };
    this.#issues.push(issue);
    return issue;
  }

  change(issue: IssueRecord, change: IssueChange): void {
    issue.updatedAt = new Date();
    issue.title = change.title ?? issue.title;
    if (change.body !== undefined) issue.body = change.body;
    if (change.labels !== undefined) issue.labels = this.#labelled(change.labels);
    if (change.state === undefined || change.state === issue.state) return;
    issue.state = change.state;
    issue.closedAt = change.state === "closed" ? issue.updatedAt : null;
    issue.stateReason = change.stateReason ?? (change.state === "closed" ? "completed" : "reopened");
  }

  comment(issue: IssueRecord, body: string): CommentRecord {
    const comment = { id: this.#nextId(), body, createdAt: new Date() };
    issue.comments.push(comment);
    issue.updatedAt = comment.createdAt;
    return comment;
  }

  labels(): LabelRecord[] {
    return [...this.#labels.values()];
  }

  /** Names of labels must differ by more than their case. */
  label(name: string): LabelRecord | null {
    return this.#labels.get(name.toLowerCase()) ?? null;
  }

  addLabel(name: string, color = DEFAULT_COLOR, description: string | null = null): LabelRecord {
    const label = { id: this.#nextId(), name, color, description };
    this.#labels.set(name.toLowerCase(), label);
    return label;
  }

  #labelled(names: readonly string[]): LabelRecord[] {
    return names.map((name) => this.label(name) ?? this.addLabel(name));
  }
}
