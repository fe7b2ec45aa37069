// SPDX-License-Identifier: Apache-2.0
// Disks by their page, each way to its end: one is added, one is replaced while it is there, one is
// retired although the page was closed on the way, and one that went is replaced by an operator.
// What the page may take is what the box offers: empty file systems that are mounted.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { apart, isQuiet, logIn } from "./looks.mjs";

const unplug = (place) => execFileSync("umount", ["--lazy", place]); // what is left: a bare folder
// Whoever reads a disk that is unmounted lazily holds it for a moment; two mounts of one image would write on each other.
const kPlugIn = 'until [ -z "$(losetup --associated "$1.image")" ]; do sleep 0.1; done; mount -o loop "$1.image" "$1"';
const plugIn = (place) => execFileSync("sh", ["-c", kPlugIn, "plug_in", place], { timeout: 60_000 });

const offerOf = (page, place) => page.locator(`.candidates label:has(input[value="${place}"])`);
const bayOf = (page, place) => page.locator(`.bay:has(span:text-is("${place}"))`);
const planOf = (page) => page.locator(".job [aria-live] .facts");

async function middleOf(page, bay) {
  const { x, y } = await page.locator(`.bays > li:has(h3:text-is("Bay ${bay}"))`).boundingBox();
  return { x: Math.round(x), y: Math.round(y) };
}

export async function seeTheBays({ page, check, show, given }) {
  await show("disks");
  await page.waitForSelector('.bay:has-text("not in the pool")');
  const [first, fourth, fifth] = [await middleOf(page, 1), await middleOf(page, 4), await middleOf(page, 5)];
  check(first.y === fourth.y && first.x < fourth.x && first.x === fifth.x && first.y < fifth.y, "the bays sit as those of the box do");
  const texts = await page.locator(".bays > li").allTextContents();
  check(texts.length === 8 && texts[6].includes("fresh") && texts[7].includes("empty"), "bays without a disk of the pool are shown, too");
  await page.screenshot({ path: join(given.shots, "disk-bays.png"), fullPage: true });
}

// The disk is chosen, and its plan is there.
async function choose(page, place) {
  await page.check(`.candidates input[value="${place}"]`);
  await page.click("text=Show the plan");
  await planOf(page).waitFor();
  return planOf(page).textContent();
}

async function isDone(page, words) {
  await page.waitForSelector(`.job .good:has-text("${words}")`, { timeout: 120_000 });
}

const toldOf = (pool) => JSON.stringify([pool.disks.map(({ path, state }) => `${path} ${state}`), pool.shards_missing, pool.may_lose]);
const poolOf = (page) => page.evaluate(() => fetch("/api/v1/pool").then((answer) => answer.json()));

export async function addADisk({ page, check, show, given }) {
  const place = join(given.box, "extra");
  await show("disks");
  await page.click('a:text-is("Add a disk")');
  await offerOf(page, place).waitFor();
  check((await choose(page, place)).includes("Disks afterwards7"), "a plan says how many disks there will be");
  unplug(place);
  await page.click('button:text-is("Add this disk")');
  await page.waitForSelector(".job .failure");
  const told = await page.textContent(".job .failure");
  check(told.includes("no disk that the pool could take") && readdirSync(place).length === 0, `a disk that was pulled meanwhile is refused, and its folder stays empty: ${told}`);
  await page.click('button:text-is("Look again")');
  await offerOf(page, place).waitFor({ state: "detached" });
  await page.locator('button:text-is("Show the plan")').waitFor({ state: "detached" });
  check(true, "it is chosen no longer");
  plugIn(place);
  await page.click('button:text-is("Look again")');
  await offerOf(page, place).waitFor();
  await choose(page, place);
  await page.click('button:text-is("Add this disk")');
  await isDone(page, "The disk is a member");
  await page.click('.job .good a:text-is("Disks")');
  await bayOf(page, place).waitFor();
  const pool = await poolOf(page);
  check(pool.disks.length === 7 && pool.disks.every(({ state }) => state === "present") && pool.may_lose === 2, "a disk was added by its page, to its end");
}

export async function replaceADiskThatIsThere({ page, check, show, given, looksWellInAll }) {
  const [old, fresh] = [given.disks[1], join(given.box, "spare")];
  await show("disks");
  await bayOf(page, old).locator('a:has-text("Replace")').click();
  await offerOf(page, fresh).waitFor();
  check((await page.textContent(".job .warning")).includes("Leave it plugged in"), "of a disk that is there it is said that it stays plugged in");
  const plan = await choose(page, fresh);
  check(/To be moved[1-9]/.test(plan), `the plan says what is to be moved: ${plan}`);
  await looksWellInAll("disk-replace-plan");
  await page.click('button:text-is("Replace the disk")');
  await isDone(page, "The new disk has what the old one had");
  await page.click('.job .good a:text-is("Disks")');
  await bayOf(page, fresh).waitFor();
  const pool = await poolOf(page);
  const stateOf = (place) => pool.disks.find(({ path }) => path === place)?.state;
  check(stateOf(fresh) === "present" && stateOf(old) === "retired" && pool.shards_missing === 0 && pool.may_lose === 2, `a disk that was there is replaced: ${toldOf(pool)}`);
  check((await bayOf(page, old).textContent()).includes("It may be unplugged"), "and in its bay stands that it may be unplugged");
  await show("disks?way=add");
  await offerOf(page, join(given.box, "fresh")).waitFor();
  check((await offerOf(page, old).count()) === 0, "and it is not offered as a new one");
  unplug(old); // what is retired and still there is a reason of the verdict
}

// The page is closed, or the line breaks, between the deed and the job that moves what the disk has.
export async function retireADisk({ page, check, show, given, looksWell, looksWellInAll }) {
  const old = join(given.box, "extra");
  await show("disks");
  await bayOf(page, old).locator('a:has-text("Retire")').click();
  await page.click("text=Show the plan");
  await planOf(page).waitFor();
  check((await planOf(page).textContent()).includes("Disks afterwards6"), "a plan says how many disks will be left");
  const isJob = (url) => url.pathname.endsWith("/jobs");
  await page.route(isJob, (route) => (route.request().method() === "POST" ? route.abort("connectionrefused") : route.fallback()));
  await page.click('button:text-is("Retire the disk")');
  await page.waitForSelector('section.job:has-text("It is leaving")');
  await page.unroute(isJob);
  await show("disks");
  await bayOf(page, old).locator('strong:text-is("leaving")').waitFor();
  await bayOf(page, old).locator('a:has-text("Move the rest")').click();
  await page.waitForSelector('section.job:has-text("leave it plugged in")');
  await looksWellInAll("disk-leaving");
  unplug(old);
  await show("status"); // the page asks anew
  await show("disks");
  await bayOf(page, old).locator('strong:text-is("missing")').waitFor();
  const ways = await bayOf(page, old).locator("a").allTextContents();
  check(ways.join() === "Move the rest …", `one that was pulled too early is still one that leaves: ${ways}`);
  plugIn(old);
  await show("status");
  await show("disks");
  await bayOf(page, old).locator('strong:text-is("leaving")').waitFor();
  await bayOf(page, old).locator('a:has-text("Move the rest")').click();
  await page.click('section.job button:text-is("Heal")');
  await isDone(page, "What the disk had lies on the others");
  await page.click('.job .good a:text-is("Disks")');
  await bayOf(page, old).locator('strong:text-is("retired")').waitFor();
  await looksWell("disk-retired");
  const pool = await poolOf(page);
  check(pool.disks.find(({ path }) => path === old).state === "retired" && pool.shards_missing === 0 && pool.may_lose === 2, `a disk is retired to its end, although its page was closed on the way: ${toldOf(pool)}`);
  unplug(old);
  await show("status");
  await show("disks");
  await bayOf(page, given.disks[0]).waitFor();
  check((await bayOf(page, old).count()) === 0, "once it is unplugged nothing is said of it any more");
}

// All that may be lost is: the worst that a page tells while nothing is lost yet.
export async function noneToLose({ page, check, show, given, looksWellInAll }) {
  const gone = given.disks.slice(2, 4);
  gone.forEach(unplug);
  await show("status");
  await page.waitForSelector(".verdict.danger", { timeout: 30_000 });
  await page.waitForSelector(`.verdict:has-text("${basename(gone[1])}")`, { timeout: 30_000 });
  await looksWellInAll("verdict-danger");
  check((await page.locator(".verdict li").first().getAttribute("class")) === "danger", "what is worst comes first");
  await page.click(".verdict li.danger a");
  await page.waitForSelector('.lose.bad:has-text("May lose 0 more")');
  await bayOf(page, gone[0]).locator('a:has-text("Replace")').click();
  check((await page.textContent(".job .failure")).includes("No further disk may be lost"), "whoever is to pull one is warned");
  await offerOf(page, join(given.box, "fresh")).waitFor();
  await looksWellInAll("disk-replace-danger");
  gone.forEach(plugIn);
  await show("status");
  await page.waitForSelector(".verdict.ok", { timeout: 60_000 }).catch(async () => check(false, await page.textContent(".verdict")));
  check(true, "disks that came back are enough");
}

export async function aDiskGoes({ page, check, show, given, looksWellInAll }) {
  unplug(given.disks[0]);
  await show("status");
  await page.waitForSelector('.verdict:has-text("disk0")', { timeout: 30_000 });
  check((await page.locator(".verdict.ok").count()) === 0, "a disk that went is told within half a minute");
  await page.screenshot({ path: join(given.shots, "disk-gone.png"), fullPage: true });
  await show("alerts");
  check((await page.textContent("main")).includes("disk0"), "it stands among the alerts");
  await page.fill('.alert:has-text("disk0") input[name="note"]', "a fresh one is here");
  await page.click('.alert:has-text("disk0") button');
  await page.waitForSelector('.alert:has-text("disk0"):has-text("root looks after it")');
  check((await page.textContent('.alert:has-text("disk0")')).includes("Since "), "since when, and who looks after it");
  await looksWellInAll("alert");
}

// Whoever runs the machine, and rules nothing.
export async function anOperatorReplacesIt({ browser, check, given, person }) {
  await apart(browser, {}, async (page) => {
    await page.goto(given.address);
    await logIn(page, person);
    await page.waitForSelector(".verdict");
    await page.goto(`${given.address}/#/alerts`);
    await page.click('.alert:has-text("disk0") a');
    await page.waitForSelector(".bays");
    check((await page.textContent(".bays > li:nth-child(1)")).includes("disk0"), "a bay that is empty keeps its place");
    await page.click('.bay.bad a:has-text("Replace")');
    check((await page.textContent(".job")).includes("Bay 1: "), "the way begins at the number that stands on the case");
    const full = page.locator('.candidates label:has-text("/full")');
    await full.waitFor();
    check((await full.locator("input").isDisabled()) && (await full.textContent()).includes("not empty"), "a disk with somebody's files is not offered, and why");
    check((await page.textContent('.candidates label:has-text("/fresh")')).includes("Bay 7: "), "what is offered says in which bay it is");
    check((await page.locator('.job input[type="text"], .job input:not([type])').count()) === 0, "the new disk is chosen, not typed");
    await choose(page, join(given.box, "fresh"));
    await page.screenshot({ path: join(given.shots, "disk-replace.png"), fullPage: true });
    await page.click('button:text-is("Replace the disk")');
    await isDone(page, "The new disk has what the old one had");
    await page.goto(`${given.address}/#/status`);
    await isQuiet(page);
    await page.waitForSelector(".verdict.ok", { timeout: 60_000 }).catch(async () => check(false, await page.textContent(".verdict")));
    check((await page.textContent("main")).includes("6 / 6"), "an operator replaced a disk that was gone: the pool is healed, the page is green, and of the old one nothing is said any more");
  });
}
