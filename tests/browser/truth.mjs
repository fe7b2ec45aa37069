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
  process.kill(Number(given.daemon), "SIGTERM");
  await page.waitForSelector(".lost");
  check((await page.textContent(".lost")).includes("No word from this box since"), "a dead box is told at the top of the page");
  check((await page.locator(".verdict.ok").count()) === 0, "and its verdict has lost its colour");
  check((await page.textContent(".verdict h2")) === "Last known: OK", "it is what was last known");
  const asOf = await page.textContent(".verdict > p.quiet");
  await page.waitForFunction((before) => document.querySelector(".verdict > p.quiet").textContent !== before, asOf);
  check(true, "how long ago that was goes on");
  await page.screenshot({ path: join(given.shots, "box-dead.png"), fullPage: true });
}

const kPagesOfABrowser = 4; // have a stream of events each

// In the page: how often it was refused, told before the page itself hears of it.
function countRefusals() {
  window.refusals = 0;
  window.EventSource = class extends EventSource {
    constructor(address) {
      super(address);
      this.addEventListener("error", () => ++window.refusals);
    }
  };
}

// First whether the box is there, and once it has answered for what is shown: by then the page has
// set its clock for the next time.
function asksTwice(page) {
  let count = 0;
  return page.waitForRequest((request) => request.url().includes("/api/v1/status") && ++count === 2);
}

// From the fifth page on the box refuses a stream; such a page asks by itself, on a clock that runs
// as it is told, and is no less true. `context`: of the page, which is one of them.
async function theStreamIsRefused({ page, check, show, given, context }) {
  await show("status");
  const others = [];
  while (others.length + 1 < kPagesOfABrowser) {
    const other = await context.newPage();
    await Promise.all([other.waitForResponse((answer) => answer.url().endsWith("/events") && answer.ok()), other.goto(given.address)]);
    others.push(other);
  }
  const fifth = await context.newPage();
  await fifth.clock.install();
  await fifth.addInitScript(countRefusals);
  const isRefused = (times) => fifth.waitForFunction((times) => window.refusals >= times, times);
  await fifth.goto(given.address);
  await fifth.waitForSelector(".verdict.ok");
  await isRefused(1);
  check(true, "a fifth page gets no stream of events");
  // Until it asks each minute, and once more.
  for (const [round, poll_s] of [10, 20, 40, 60, 60].entries()) {
    await Promise.all([asksTwice(fifth), fifth.clock.runFor(5_000)]);
    await fifth.clock.runFor(poll_s * 1000);
    await isRefused(round + 2);
    check((await fifth.locator(".lost").count()) === 0 && (await fifth.locator(".verdict.ok").count()) === 1, `it asks by itself, and for a stream after ${poll_s} s, and does not say that the box is dead`);
  }
  for (const each of [...others, fifth]) await each.close();
}

export async function tellTheTruth(all) {
  await theStreamIsRefused(all);
  await theSessionEnds(all);
  await theBoxDies(all);
}
