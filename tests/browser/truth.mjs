// SPDX-License-Identifier: Apache-2.0
// What a page must not say when nobody tells it anything any more: the box is dead, or the session
// has ended elsewhere. Comes last: the box is stopped.
import { join } from "node:path";

async function enter(page, password) {
  await page.fill('input[name="account"]', "root");
  await page.fill('input[name="password"]', password);
  await page.click("form button");
  await page.waitForSelector(".verdict");
}

// `context`: of the page, whose other pages share its session.
async function theSessionEnds({ page, check, show, given, context, password }) {
  await show("status");
  const other = await context.newPage();
  await other.goto(given.address);
  await other.click("text=Log out root");
  await other.close();
  await page.waitForSelector('input[name="password"]');
  check(true, "a page whose session has ended elsewhere asks who is there");
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
