// SPDX-License-Identifier: Apache-2.0
// Whether a new box could be made of the disks: by nobody, by whoever knows a passphrase, by those
// who keep a share.
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isQuiet } from "./looks.mjs";

const sectionOf = (page) => page.locator('section:has(h2:text-is("Keys"))');

export async function whoOpensTheDisks({ page, check, show, given, holdfast, looksWellInAll }) {
  await show("settings");
  const isTold = async (look, words) => {
    await page.waitForSelector("main h1");
    await isQuiet(page);
    const way = sectionOf(page).locator("p").first();
    return (await way.getAttribute("class")) === look && (await way.textContent()).includes(words);
  };
  const people = sectionOf(page).locator("ul li");
  check(await isTold("failure", "without the home folder the disks cannot be opened"), "that nothing but the home folder opens the disks is told");
  check((await people.count()) === 0, "and nobody is named who could help");
  process.env["HOLDFAST_PASSPHRASE_FILE"] = given.password;
  holdfast("key", "add");
  delete process.env["HOLDFAST_PASSPHRASE_FILE"];
  await page.reload();
  check(await isTold("warning", "a new box needs the passphrase"), "with a passphrase that alone is told");
  check((await people.count()) === 1 && (await people.textContent()).startsWith("Passphrase: "), "and who must be there then");
  const sticks = [1, 2, 3].map((number) => join(given.box, `stick${number}`));
  for (const stick of sticks) mkdirSync(stick);
  holdfast("key", "add", "--recovery-shares", "2of3", ...sticks.flatMap((stick) => ["--recovery-out", stick]));
  await page.reload();
  check(await isTold("good", "There is a recovery kit"), "a recovery kit is told");
  const steps = await people.allTextContents();
  check(steps.length === 2 && /2 of the 3 people who keep one must be there.*holdfast key recover --share FILE/.test(steps[1]), `who must be there, and what they type: ${steps}`);
  const slot = sectionOf(page).locator('tr:has(td:text-is("recovery kit"))');
  check(/^2 of 3, set \d+$/.test(await slot.locator("td").last().textContent()), "the slot says how many shares there are");
  const shares = sticks.flatMap((stick) => readdirSync(stick).map((name) => readFileSync(join(stick, name), "utf8").trim()));
  const all = await page.content();
  check(shares.length === 3 && shares.every((share) => !all.includes(share)), "and no share stands on the page");
  await looksWellInAll("settings-kit");
}
