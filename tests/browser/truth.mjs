// SPDX-License-Identifier: Apache-2.0
// What a page must say of what went wrong, and must not say when nobody tells it anything any more:
// the box is dead, or the session has ended elsewhere. That comes last: the box is stopped.
import { renameSync } from "node:fs";
import { join } from "node:path";

// The folder of a source is away: what the job said of it is read where the job stands.
export async function aJobFails({ page, check, show, given }) {
  const folder = join(given.box, "site/recordings");
  renameSync(folder, `${folder}.away`);
  await show("snapshots?business=second");
  await page.click("text=Back up now");
  const row = page.locator('tr:has(details):has-text("Backup second")').first();
  await page.waitForFunction(() => location.hash.startsWith("#/tasks"));
  await row.locator("details[open] pre").waitFor();
  check((await row.locator("summary").textContent()).startsWith("failed: "), "a job that failed says what its exit code means");
  const said = await row.locator("pre").textContent();
  check(said.includes("the source folder is not there"), `and what it said stands open beside it: ${said}`);
  await page.screenshot({ path: join(given.shots, "job-failed.png"), fullPage: true });
  renameSync(`${folder}.away`, folder);
}

async function enter(page, password) {
  await page.fill('input[name="account"]', "root");
  await page.fill('input[name="password"]', password);
  await page.click("form button");
  await page.waitForSelector(".verdict");
}

// `context`: of the page, whose other pages share its session.
async function theSessionEnds({ page, check, show, given, context, looksWellInAll, password }) {
  await show("status");
  const other = await context.newPage();
  await other.goto(given.address);
  await other.click("text=Log out root");
  await other.close();
  await page.waitForSelector('input[name="password"]');
  check(true, "a page whose session has ended elsewhere asks who is there");
  await looksWellInAll("login");
  await enter(page, password);
}

async function theBoxDies({ page, check, show, given }) {
  await show("status");
  await page.waitForSelector(".verdict.ok");
  check((await page.locator(".lost").count()) === 0, "while the box is heard nothing is said of it");
  const asOf = () => page.textContent(".verdict > p.quiet");
  const before = await asOf();
  process.kill(Number(given.daemon), "SIGTERM");
  await page.waitForSelector(".lost");
  check((await page.textContent(".lost")).includes("No word from this box since"), "a dead box is told at the top of the page");
  check((await page.locator(".verdict.ok").count()) === 0, "and its verdict has lost its colour");
  check((await page.textContent(".verdict h2")) === "Last known: OK", "it is what was last known");
  check((await asOf()) !== before, "how long ago that was goes on");
  await page.screenshot({ path: join(given.shots, "box-dead.png"), fullPage: true });
}

export async function tellTheTruth(all) {
  await theSessionEnds(all);
  await theBoxDies(all);
}
