// SPDX-License-Identifier: Apache-2.0
// Calls and folders that are taken out to a medium, and the page that says that nothing is synced.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const kReason = "order 12 of the court";

async function takeOutACall({ page, check, show, given, looksWell }) {
  await show(`calls?business=desk&text=${given.number}`);
  await page.waitForSelector("article.call .choose input");
  check((await page.locator("a.button").count()) === 0, "nothing is taken out that nobody chose");
  await page.locator("article.call .choose input").first().check();
  await page.click('a.button:has-text("Take out")');
  await page.waitForSelector('input[name="reason"]');
  const path = await page.textContent("section.job li");
  check((await page.textContent("section.job")).includes("not sealed"), "that it leaves in plain is said before");
  await looksWell("export-wish");
  await page.click('button:has-text("Take out")');
  check((await page.locator('input[name="reason"]:invalid').count()) === 1, "without a reason nothing is asked for");
  await page.fill('input[name="reason"]', kReason);
  await page.click('button:has-text("Take out")');
  await page.waitForSelector(`tr:has-text("${kReason}"):has-text("whole")`);
  const row = await page.textContent(`tr:has-text("${kReason}")`);
  check(row.includes("root") && row.includes(path) && row.includes(given.medium), "who took out what, and why, is in the list");
  const [folder] = readdirSync(given.medium);
  const taken = join(given.medium, folder, path);
  const stored = join(given.box, "site", path);
  check(readFileSync(taken).equals(readFileSync(stored)), "the call is on the medium, byte for byte");
  check(readFileSync(`${taken}.rows.csv`, "utf8").includes(given.number), "with its row beside it");
  await looksWell("exports-one");
}

// By keys alone.
async function takeOutAFolder({ page, check, show }) {
  await show("snapshots?business=desk&snapshot=2");
  await page.locator('tr:has-text("recordings/") .choose input').focus();
  await page.keyboard.press("Space");
  await page.waitForSelector("a.button");
  await page.keyboard.press("Tab");
  for (let presses = 0; presses < 20; ++presses) {
    if ((await page.evaluate(() => document.activeElement.className)) === "button") break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.waitForSelector('input[name="reason"]');
  check((await page.textContent("section.job li")) === "recordings", "a folder is chosen by keys");
  await page.focus('input[name="reason"]');
  await page.keyboard.type("case 13");
  await page.keyboard.press("Enter");
  await page.waitForSelector('tr:has-text("case 13"):has-text("medium is full")');
  check(true, "a medium that is too small is told");
}

export async function takeOut(world) {
  const { check, page, show } = world;
  await takeOutACall(world);
  await takeOutAFolder(world);
  await page.click('a:has-text("Files downloaded")');
  await page.waitForURL(/#\/audit\?action=cat/);
  check(true, "the page leads to the lines of what was downloaded");
  await show("sync");
  const told = await page.textContent("main");
  check(told.includes("No centre is set up") && told.includes("never"), "the page Sync says that nothing is synced");
  check((await page.locator("main button").count()) === 0, "and has no button that does nothing");
}
