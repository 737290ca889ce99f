/** Playwright's `test`, which fails on unexpected console messages. */
import { type ConsoleMessage, expect, type Locator, type Page, test as base } from "@playwright/test";
import { browserWith, signInByPassword, type UserSession } from "../../scripts/dev/seed/session.ts";
import { forgetRuns } from "./catalog.ts";
import { readStack, type User } from "./stack.ts";

interface Fixtures {
  /** Allows console messages that match the pattern in this test. */
  allowConsole(pattern: RegExp): void;
  quietConsole: void;
  /** No test finds runs of the tests before it, whose files a worker gets in any order. */
  ownRuns: void;
}

export const stack = readStack();

export const test = base.extend<Fixtures & { allowed: RegExp[] }>({
  // deno-lint-ignore no-empty-pattern -- Playwright reads the pattern
  baseURL: async ({}, provide) => await provide(stack.screen),
  // deno-lint-ignore no-empty-pattern -- Playwright reads the pattern
  allowed: async ({}, provide) => await provide([]),
  allowConsole: async ({ allowed }, provide) => await provide((pattern) => void allowed.push(pattern)),
  // deno-lint-ignore no-empty-pattern -- Playwright reads the pattern
  ownRuns: [async ({}, provide, { project }) => {
    if (project.name === "live") await forgetRuns();
    await provide();
  }, { auto: true }],
  quietConsole: [async ({ page, allowed }, provide) => {
    const noise: string[] = [];
    page.on("console", (message) => {
      if (isNoise(message)) noise.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => noise.push(`pageerror: ${error.message}`));
    await provide();
    expect(noise.filter((line) => !allowed.some((pattern) => pattern.test(line)))).toEqual([]);
  }, { auto: true }],
});

function isNoise(message: ConsoleMessage): boolean {
  return message.type() === "error" || message.type() === "warning";
}

/** Chromium's message about a request that was refused or failed. */
export const FAILED_REQUEST = /Failed to load resource/;

/** Signs in through the page and waits for the history. */
export async function signIn(page: Page, user: User, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Senha").fill(user.password);
  await page.getByRole("button", { name: "Entrar" }).click();
  await expect(page.getByRole("heading", { name: "Backups", level: 1 })).toBeVisible();
}

/** A session from the auth server. The sign-in page has its own test. */
export function signedIn(user: User): Promise<UserSession> {
  return signInByPassword({ supabaseUrl: stack.supabase, publishableKey: stack.publishableKey }, user);
}

/** The users' sessions for pages that do not end them; Auth accepts one for an hour, longer than a worker works. */
const sessions = new Map<User, Promise<UserSession>>();

function sharedSession(user: User): Promise<UserSession> {
  const session = sessions.get(user) ?? signedIn(user);
  sessions.set(user, session);
  return session;
}

/** After what may have ended them. */
export function forgetSessions(): void {
  sessions.clear();
}

/** A token that no server accepts. */
export function corrupted(token: string): string {
  return `${token.slice(0, -8)}AAAAAAAA`;
}

/** Opens the page with this session in the browser. */
export async function openWith(
  page: Page,
  session: UserSession,
  path = "/desenvolvedor/backups",
): Promise<void> {
  await page.context().setStorageState(browserWith(session, stack.screen));
  await page.goto(path);
}

/** Opens the page signed in, with the session that the user's other pages have. */
export async function openAs(page: Page, user: User, path?: string): Promise<void> {
  await openWith(page, await sharedSession(user), path);
  await expect(page.getByRole("heading", { name: "Backups", level: 1 })).toBeVisible();
}

/** Makes a backup of prod with this label through the screen; resolves when it is listed. */
export async function makeBackup(
  page: Page,
  label: string,
  click: { clickCount?: number } = {},
): Promise<void> {
  await page.getByRole("button", { name: "Backup agora" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Etiqueta").fill(label);
  await dialog.getByRole("button", { name: "Fazer backup da produção" }).click(click);
  await expect(dialog).toBeHidden();
  await expect(historyRow(page, label)).toBeVisible({ timeout: 120_000 });
}

/** A row of the history's table by its label. */
export function historyRow(page: Page, label: string) {
  return page.getByRole("table").getByRole("row").filter({ hasText: label });
}

/** Opens the history and ensures that it has a backup to restore. */
export async function ensureBackup(page: Page): Promise<void> {
  const restore = page.getByRole("button", { name: /^Restaurar…/ });
  await expect(restore.first().or(page.getByText("Nenhum backup ainda."))).toBeVisible();
  if (await restore.count() === 0) await makeBackup(page, "para-os-testes");
}

/** More tab stops than any page has. */
const MOST_STOPS = 120;

/** Moves the focus to `target` with the Tab key, forwards and then backwards: the headless shell ends at the page's last stop. */
export async function reach(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeEnabled();
  for (const key of ["Tab", "Shift+Tab"]) {
    for (let stop = 0; stop < MOST_STOPS; stop++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press(key);
    }
  }
  await expect(target, "the Tab key leads there").toBeFocused();
}

/** Activates `target` with the keyboard. */
export async function pressOn(page: Page, target: Locator): Promise<void> {
  await reach(page, target);
  await page.keyboard.press("Enter");
}

export { expect };
