/** The headers of the served build: the other tests fail when the page breaks its own policy. */
import { expect, openAs, stack, test } from "./test.ts";

test("another page cannot embed the screen, add scripts to it or read what it sends", async ({ page, allowConsole }) => {
  await openAs(page, stack.admin);
  const answer = await page.request.get("/desenvolvedor/backups");
  expect(answer.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(answer.headers()).toMatchObject({
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
  });
  allowConsole(/Content Security Policy|Failed to load|Refused to/);
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.planted = true";
    document.body.append(script);
    const sent = await fetch("http://127.0.0.1:9/", { method: "POST", body: "x" }).then(() => "sent", String);
    return { planted: "planted" in window, sent };
  });
  expect(ran).toEqual({ planted: false, sent: expect.stringContaining("Failed to fetch") });
});
