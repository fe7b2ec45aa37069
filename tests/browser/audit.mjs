// SPDX-License-Identifier: Apache-2.0
// The audit log for whoever looks from another zone than UTC: his day is his, the last one with it;
// an act is one row in words, and why it was done stands by itself.
import { join } from "node:path";

const kZone = "Asia/Shanghai";

const dayOf = (date) => new Intl.DateTimeFormat("sv-SE", { timeZone: kZone }).format(date);

export async function readTheLog({ browser, check, given, password }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-US", timezoneId: kZone, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(given.address);
  await page.fill('input[name="account"]', "root");
  await page.fill('input[name="password"]', password);
  await page.click("form button");
  await page.waitForSelector(".verdict");
  check((await page.textContent("footer")).includes(`${kZone}, UTC+08:00`), "the page says by which clock its times are");
  await page.goto(`${given.address}/#/audit`);
  await page.waitForSelector("tbody tr");
  const newest = (await page.textContent("tbody tr td:nth-child(2)")).slice(0, 10);
  check(newest === dayOf(new Date()), "the newest line is of today by that clock");
  for (const name of ["from", "to"]) await page.fill(`input[name="${name}"]`, newest);
  await page.click('button:has-text("Find")');
  await page.waitForURL(/to=/);
  await page.waitForSelector("tbody tr");
  const times = await page.locator("tbody td:nth-child(2)").allTextContents();
  check(times.every((each) => each.startsWith(newest) && /:\d\d:\d\d$/.test(each)), "from a day to the same one are the lines of that day, to the second");
  await page.fill('input[name="action"]', "hear");
  await page.click('button:has-text("Find")');
  await page.waitForURL(/action=hear/);
  await page.waitForSelector('td:text-is("Logged in")', { state: "detached" });
  await page.waitForSelector('td:text-is("Call heard")');
  const row = page.locator('tr:has(td:text-is("done"))').first();
  const cells = await row.locator("td").allTextContents();
  check(/^\d+, \d+$/.test(cells[0]) && cells[5] !== "" && !cells[6].includes("reason"), `an act is one row, and why stands by itself: ${cells.join(" | ")}`);
  check(/Lines \d+ to \d+ hang together/.test(await page.textContent("main")), "how much of the chain was looked at is said");
  check((await page.locator('#actions option[value="cat"]').getAttribute("label")) === "File downloaded", "what can be asked for can be chosen");
  await page.screenshot({ path: join(given.shots, "audit-words.png"), fullPage: true });
  await context.close();
}
