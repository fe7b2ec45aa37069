// SPDX-License-Identifier: Apache-2.0
// What has become of a call: its row is a former one, was rejected, or has lost its recording to a
// prune, which is done by its page.
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const kDay_ms = 86_400_000;
const kDefinition = (folder) => `
[[source]]
path = "${folder}/recordings"
[[source]]
name = "rows"
type = "csv"
path = "${folder}/rows"
[source.mapping]
schema = 1
zone = "UTC"
key = ["call_id"]
call_id = "call_id"
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
[source.mapping.recording]
folder = "recordings"
column = "file"
[[retention]]
class = 0
lock_days = 30
keep_days = 100
[snapshots]
keep_last = 1
[schedule]
backup = "never"
drill = "never"
`;

const daysAgo = (days) => new Date(Date.now() - days * kDay_ms).toISOString().slice(0, 19).replace("T", " ");

function writeRows(folder, name, rows) {
  const lines = [["call_id", "start", "file", "contract", "outcome"], ...rows].map((row) => row.join(","));
  writeFileSync(join(folder, "rows", name), `${lines.join("\n")}\n`);
}

// In the second snapshot a call was told anew, and the recording of another one, whose time has
// ended, is gone at the source.
function makeThePast(given, holdfast) {
  const folder = join(given.box, "past");
  for (const name of ["recordings", "rows"]) mkdirSync(join(folder, name), { recursive: true });
  const site = join(given.box, "site/recordings");
  const sound = readdirSync(site, { recursive: true }).find((name) => name.endsWith(".wav"));
  for (const name of ["old.wav", "young.wav"]) copyFileSync(join(site, sound), join(folder, "recordings", name));
  writeRows(folder, "first.csv", [
    ["c0", daysAgo(400), "old.wav", "K-1", "promised"],
    ["c1", daysAgo(10), "young.wav", "K-1", "busy"],
    ["c2", "31st", "", "K-1", "nobody"],
    ["c3", daysAgo(10), "", "K-1", "told first"],
  ]);
  writeFileSync(join(given.box, "past.toml"), kDefinition(folder));
  holdfast("business", "add", "past", "--file", join(given.box, "past.toml"));
  holdfast("backup", "past");
  rmSync(join(folder, "recordings/old.wav"));
  writeRows(folder, "second.csv", [["c3", daysAgo(10), "", "K-1", "told later"]]);
  holdfast("backup", "past");
}

// A time that lies behind what was just written.
function confirmTheTime(holdfast) {
  const soon = `${new Date(Date.now() + 2000).toISOString().slice(0, 19)}Z`;
  holdfast("time", "confirm", "--at", soon, "--by", "Li", "--by", "Wang");
}

async function pruneByThePage({ page, check, show, looksWell }) {
  await show("retention?business=past");
  check((await page.textContent("main details summary")).includes("1"), "one item would go, and that is told");
  await page.click("main details summary");
  check((await page.textContent("main details li")) === "recordings/old.wav", "and which one");
  await looksWell("retention-plan");
  await page.click('button.danger:has-text("Delete what this plan says")');
  await page.waitForURL(/#\/tasks/);
  await page.waitForSelector('td:has-text("Prune past") >> xpath=.. >> text=done', { timeout: 60_000 });
  check(true, "a prune that was asked for by a button is done");
}

const callOf = (page, words) => page.locator(`article.call:has(dd:text-is("${words}"))`);
const canBeHeard = (call) => call.locator('button:has-text("Listen"), input[type="checkbox"]').count();

async function rowsSayWhatBecameOfThem({ page, check, show, looksWellInAll }) {
  await show("calls?business=past&text=contract%3DK-1");
  await callOf(page, "promised").waitFor();
  check((await page.locator("article.call").count()) === 5, "all versions of all rows are found");
  const [pruned, young, rejected, former, newest] = ["promised", "busy", "nobody", "told first", "told later"].map((words) => callOf(page, words));
  check((await young.textContent()).includes("recordings/young.wav") && (await canBeHeard(young)) === 2, "a call that is as it was is heard and taken out");
  const went = await pruned.textContent();
  check(went.includes("recordings/old.wav") && went.includes("recording deleted when its time had ended"), `of a recording that was pruned its name is told, and that it is gone: ${went}`);
  check((await canBeHeard(pruned)) === 0, "and nothing to hear or to take out is offered");
  const why = await rejected.textContent();
  check(why.includes("row rejected") && why.includes("not a time as the mapping has it"), `a row that was rejected says why: ${why}`);
  check((await former.getAttribute("class")).includes("former") && (await former.locator(".warning").count()) === 1, "a former version of a row says that it is one");
  check((await newest.locator(".warning").count()) === 0 && (await page.locator("article.former").count()) === 1, "and no other one does");
  await looksWellInAll("calls-past");
}

export async function whatBecameOfCalls(world) {
  const { given, holdfast } = world;
  makeThePast(given, holdfast);
  confirmTheTime(holdfast);
  await pruneByThePage(world);
  holdfast("backup", "past"); // brings rows and recordings level
  await rowsSayWhatBecameOfThem(world);
}
