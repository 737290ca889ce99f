/** For tests of alarms: a webhook receiver, and the issues as GitHub returns them. */
import { Octokit } from "@octokit/rest";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { ALARM_LABEL } from "../lib/alerts/issues.ts";
import { OWNER, REPO, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";

export const where = { owner: OWNER, repo: REPO };

/** A received request. */
export interface ReceivedRequest {
  path: string;
  body: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Receiver {
  /** Without a trailing slash. */
  url: string;
  received: ReceivedRequest[];
  /** Statuses of the next responses; 0 breaks the connection. After the last one: 200. */
  answers: number[];
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const [received, answers]: [ReceivedRequest[], number[]] = [[], []];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      const status = answers.shift() ?? 200;
      if (status === 0) return void request.socket.destroy();
      if (status < 300) received.push({ path: request.url ?? "", body, headers: request.headers });
      response.writeHead(status).end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answers,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const payload = z.object({
  text: z.string(),
  delivery: z.uuid(),
  event: z.string(),
  test: z.boolean(),
  condition: z.object({ id: z.string(), severity: z.string(), facts: z.array(z.string()) }),
  issue_url: z.string().nullable(),
});

/** What the webhook received, `event id` each. */
export function eventsOf(receiver: Receiver): string[] {
  return payloadsOf(receiver).map(({ event, condition }) => `${event} ${condition.id}`);
}

export function payloadsOf(receiver: Receiver): z.infer<typeof payload>[] {
  return receiver.received.filter(({ path }) => path === "/hook").map(({ body }) =>
    payload.parse(JSON.parse(body))
  );
}

export interface ReadIssue {
  number: number;
  id: string;
  state: string;
  title: string;
  body: string;
  comments: string[];
}

/**
 * All alarms' issues, oldest first. Their format is checked against GitHub's description in other tests, since that
 * is slow.
 */
export async function readIssues({ github }: TestGitHub): Promise<ReadIssue[]> {
  const { rest: { issues } } = new Octokit({ baseUrl: github.url, auth: TOKEN });
  const query = { ...where, labels: ALARM_LABEL, state: "all", per_page: 100 } as const;
  const read: ReadIssue[] = [];
  for (const { number, title, body, state } of (await issues.listForRepo(query)).data.reverse()) {
    const { data } = await issues.listComments({ ...where, issue_number: number });
    const id = /alarm id=([a-z_]+)/.exec(body ?? "")?.[1] ?? "";
    read.push({ number, id, state, title, body: body ?? "", comments: data.map((it) => it.body ?? "") });
  }
  return read;
}
