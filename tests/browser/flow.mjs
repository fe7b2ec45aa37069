// SPDX-License-Identifier: Apache-2.0
// What people do in a browser, in Debian's Chromium: flow.mjs MODULES '{"address":…,"code":…,"box":…,"shots":…}'
// First boot, the pool, a business, a backup; then every page in both languages and themes (with axe's rules), a call that is
// found, heard and taken out, disks that come and go, and what else people do: all of it, or what `only` names. Prints what
// it did, and how long each took; ends with 1 at the first thing that is not as it should be.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readTheLog } from "./audit.mjs";
import { logInWithACode } from "./codes.mjs";
import { aDiskGoes, addADisk, anOperatorReplacesIt, noneToLose, replaceADiskThatIsThere, retireADisk, seeTheBays } from "./disks.mjs";
import { findCalls } from "./find.mjs";
import { hearCalls } from "./hear.mjs";
import { everyRole, isQuiet, looksOf, withoutScripts } from "./looks.mjs";
import { whoOpensTheDisks } from "./kit.mjs";
import { whatBecameOfCalls } from "./past.mjs";
import { choosePeriods } from "./periods.mjs";
import { takeOut } from "./take_out.mjs";
import { aJobFails, tellTheTruth } from "./truth.mjs";
import { verifyByDay } from "./verify.mjs";

const require = createRequire(process.argv[2]); // a file beside node_modules
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const given = JSON.parse(process.argv[3]);
const kPassword = "correct horse battery";
const kOtherPassword = "staple of another kind"; // which setUp gives the clerk
const [kViewer, kOperator, kHands, kAuditor] = ["guest", "clerk", "hands", "judge"].map((account) => ({ account, password: kPassword }));
const kPages = ["status", "alerts", "tasks", "businesses", "businesses?business=desk", "businesses?step=new", "snapshots", "snapshots?business=desk&snapshot=2", "calls", "calls?business=desk&class=matched&source=calls", "verification", "verification?business=desk&class=matched&source=calls", "statistics", "disks", "disks?way=add", "exports", "exports?business=desk&snapshot=2&paths=recordings", "sync", "retention", "audit", "accounts", "settings"];
mkdirSync(given.shots, { recursive: true });

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, locale: "en-US" });
const page = await context.newPage();
page.setDefaultTimeout(60_000);
const complaints = [];
page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
// A refusal is the page's to tell, and what was too busy it asks again.
page.on("console", (line) => line.type() === "error" && !/status of (4\d\d|503)|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/.test(line.text()) && complaints.push(`console: ${line.text()}`));
page.on("dialog", (dialog) => dialog.accept("a reason"));

function check(isTrue, what) {
  if (!isTrue || complaints.length > 0) throw new Error([what, ...complaints].join("\n"));
  console.log(`good: ${what}`);
}

const { looksWell, looksWellInAll } = looksOf({ page, check, given, axe });

const holdfast = (...words) => execFileSync(given.program, words, { env: { ...process.env, HOLDFAST_HOME: given.home } });

async function show(name) {
  await page.goto(`${given.address}/#/${name}`);
  await page.waitForSelector("main h1");
  await isQuiet(page);
}

async function makeFirst(code) {
  await page.goto(given.address);
  await page.waitForSelector('input[name="code"]');
  await looksWellInAll("first-boot");
  await page.fill('input[name="code"]', "00000000");
  await page.fill('input[name="account"]', "root");
  await page.fill('input[name="password"]', kPassword);
  await page.click("form button");
  await page.waitForSelector(".failure");
  check((await page.textContent(".failure")).includes("code"), "a wrong code is told");
  await page.fill('input[name="code"]', code);
  await page.fill('input[name="account"]', "root");
  await page.fill('input[name="password"]', kPassword);
  await page.click("form button");
  await page.waitForSelector(".verdict");
  check(await page.isVisible("text=Log out root"), "the first administrator is in");
}

async function makeThePool() {
  await show("disks");
  await page.waitForSelector("text=This box has no pool yet");
  const offer = (path) => page.locator(`.candidates label:has(input[value="${path}"])`);
  await offer(given.disks[0]).waitFor();
  const full = offer(join(given.box, "full"));
  check((await full.locator("input").isDisabled()) && (await full.textContent()).includes("not empty"), "a disk with somebody's files is not offered for the pool");
  for (const disk of given.disks) await offer(disk).locator("input").check();
  await page.click("text=Show the plan");
  await page.waitForSelector('dd:has-text("3+2")');
  await looksWellInAll("first-pool");
  await page.click('button:has-text("Make the pool of these 6 disks")');
  await page.waitForSelector('.lose:has-text("May lose 2 more")');
  check((await page.locator(".bay.good").count()) === given.disks.length, "the pool is made by its page");
}

async function makeDesk() {
  await show("businesses?step=new");
  await page.fill('input[name="business"]', "desk");
  await page.fill("textarea[name=definition]", given.definition);
  await page.click("text=Check, and show");
  await page.waitForSelector(".preview table");
  await page.click("text=Make the business desk");
  await page.waitForSelector('td a:has-text("desk")');
  check(true, "the first business is made by its page, of a whole definition");
}

async function backUp(business) {
  await show(`snapshots?business=${business}`);
  await page.click("text=Back up now");
  await page.waitForURL(/#\/tasks/);
  await page.waitForSelector("text=Nothing runs now", { timeout: 120_000 });
  await page.waitForSelector(`td:has-text("Backup ${business}") >> xpath=.. >> text=done`, { timeout: 120_000 });
  check(true, "a backup that was asked for by a button is done");
}

async function everyPage() {
  const pages = [...kPages];
  const disk = (await page.evaluate(() => fetch("/api/v1/pool").then((answer) => answer.json()))).disks[0].id;
  pages.push(`disks?way=replace&disk=${disk}`, `disks?way=retire&disk=${disk}`);
  for (const tongue of ["en", "zh-CN"]) {
    for (const theme of ["light", "dark"]) {
      await page.evaluate(([tongue, theme]) => {
        localStorage.setItem("holdfast-language", tongue);
        localStorage.setItem("holdfast-theme", theme);
      }, [tongue, theme]);
      await page.goto("about:blank");
      await page.goto(`${given.address}/`);
      for (const name of pages) {
        await show(name);
        check((await page.getAttribute("html", "lang")) === tongue, `${name} speaks ${tongue}`);
        await looksWell(`${name}-${tongue}-${theme}`);
      }
    }
  }
  await page.evaluate(() => {
    localStorage.setItem("holdfast-language", "en");
    localStorage.setItem("holdfast-theme", "light");
  });
  await page.goto("about:blank");
}

async function makeABusiness() {
  await show("businesses");
  await page.click("text=New business");
  await page.fill('input[name="business"]', "second");
  await page.locator("summary").first().click();
  await page.fill('details input[name="path"]', join(given.box, "site/recordings"));
  await page.locator('details:has(input[name="path"]) button').click();
  await page.waitForSelector(".preview table");
  check(true, "a second after the last change folders are looked at by themselves");
  await page.locator("details select").first().selectOption("sql");
  for (const [name, value] of Object.entries({
    name: "calls", server: join(given.box, "site/business/cdr.sqlite"), first: "2021-01-01 00:00:00",
  })) await page.fill(`details input[name="${name}"]`, value);
  await page.fill('details textarea[name="query"]', "select * from cdr\nwhere start >= :since and start < :until");
  await page.selectOption('details select[name="mapping"]', "robot");
  await page.selectOption('details select[name="kind"]', "sqlite");
  await page.locator('details:has(textarea) button').click();
  await page.click("text=Schedule and retention by fields");
  for (const [name, value] of Object.entries({ backup: "daily 02:30", rpo: "30h", lock_days: "1200" })) await page.fill(`details input[name="${name}"]`, value);
  await page.locator('details:has(input[name="rpo"]) button').click();
  const text = await page.inputValue('textarea[name="definition"]');
  check(text.includes('[schedule]\nbackup = "daily 02:30"\nrpo = "30h"\n') && text.includes("[[retention]]\nclass = 0\nlock_days = 1200\n"), `schedule and retention are written by fields: ${text}`);
  let looks = 0;
  page.on("request", (request) => (looks += request.url().includes("/preview") ? 1 : 0));
  check((await page.locator(".preview table").count()) === 0, "what was looked at is not what stands there now");
  await page.click("text=Check, and show");
  await page.waitForSelector(".preview table");
  check(looks === 1, `a database is asked by the button, once (${looks})`);
  const seen = await page.textContent("main");
  check(seen.includes("First rows of calls") && /\d+ of \d+ rows are bound/.test(seen), "a definition is looked at: first items, rows, and what they are bound to");
  check((await page.locator(".preview .good").count()) > 0, "recordings stand beside their rows");
  await looksWellInAll("wizard");
  await page.click("text=Make the business second");
  await page.waitForSelector('td a:has-text("second")');
  check(true, "a business is made by its page");
}

async function changeABusiness() {
  await show("businesses?business=second");
  const text = await page.inputValue("textarea");
  await page.fill("textarea", `${text}paht = 1\n`);
  await page.click("text=Check, and show");
  await page.waitForSelector(".failure");
  check((await page.textContent(".failure")).includes("paht"), "what is wrong with a definition is told, with its line");
  await page.fill("textarea", text.replace('backup = "daily 02:30"\nrpo = "30h"', 'backup = "never"\ndrill = "never"'));
  await page.click("text=Check, and show");
  await page.waitForSelector(".diff ins");
  check((await page.textContent(".diff")).includes('+ backup = "never"'), "a change is shown as a difference");
  await page.screenshot({ path: join(given.shots, "wizard-diff.png"), fullPage: true });
  await page.click("text=Change the definition of second");
  await page.waitForSelector("text=is taken");
  await show("businesses?business=second");
  check((await page.inputValue("textarea")).includes('backup = "never"'), "and taken");
}

async function workWithSnapshots() {
  writeFileSync(join(given.box, "site/recordings/late.txt"), "late");
  await backUp("desk");
  await show("snapshots?business=desk");
  await page.click("text=Compare");
  await page.waitForSelector('td:has-text("recordings/late.txt")');
  check(true, "two snapshots are compared");
  await looksWellInAll("snapshot-diff");
  await show("snapshots?business=desk");
  const row = page.locator("tbody tr").first();
  await row.locator("text=Tag").click();
  await page.waitForSelector('tbody tr:first-child td:has-text("a reason")');
  await row.locator('button:has-text("Hold")').click();
  await page.waitForSelector('tbody tr:first-child td:has-text("held")');
  await row.locator("text=Release").click();
  await page.waitForSelector('tbody tr:first-child button:has-text("Hold")');
  check(true, "a snapshot is tagged, held and released");
  await row.locator('button:has-text("Take out whole")').click();
  await page.waitForSelector("section.job li");
  const all = await page.locator("section.job li").allTextContents();
  check(all.includes("recordings") && all.includes("calls"), `a snapshot is taken out whole: ${all}`);
  await show("snapshots?business=desk");
  await row.locator('a:has-text("Browse")').click();
  await page.fill('input[name="pattern"]', "late");
  await page.click("form button");
  await page.waitForSelector('td a:has-text("recordings/late.txt")');
  check((await page.locator("tbody tr").count()) === 1, "a snapshot is searched");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click('td a:has-text("recordings/late.txt")')]);
  check(readFileSync(await download.path(), "utf8") === "late", "what was found is taken away, for a reason");
}

async function holdACall() {
  await show("retention?business=desk");
  await page.fill('input[name="path"]', "recordings/late.txt");
  await page.fill('input[name="reason"]', "case 12");
  await page.click('form button:has-text("Hold")');
  await page.waitForSelector('td:has-text("case 12")');
  await page.click('tr:has-text("case 12") button');
  await page.waitForFunction(() => !document.body.innerText.includes("case 12"));
  check(true, "an item is held and released beside the plan of what goes");
}

async function setUp() {
  await show("settings");
  await page.fill('input[name="at"]', new Date(Date.now() - 60_000).toISOString().slice(0, 16));
  await page.fill('input[name="first"]', "Li");
  await page.fill('input[name="second"]', "Wang");
  await page.click('button:has-text("Confirm")');
  await page.waitForSelector('td:has-text("Li, Wang")');
  const told = await page.textContent("main");
  check(told.includes(given.address.replace("https://", "")) && /([0-9A-F]{2}:){31}[0-9A-F]{2}/.test(told), "where the box is reached, and by which certificate, is told");
  check(told.includes("[http]"), "two people confirm the time; the box's own file is shown");
  await page.click("text=Gather it");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Save the file")]);
  const kept = JSON.parse(readFileSync(await download.path(), "utf8"));
  check(kept.businesses.desk.includes("[[source]]") && kept["appliance.toml"].includes("listen"), "the configuration is taken away as one file");
  await show("accounts");
  await page.fill('input[name="account"]', "night");
  await page.fill('form:has(select[name="role"]) input[name="password"]', kPassword);
  await page.click('form button:has-text("Add")');
  await page.selectOption('select[aria-label="Role of night"]', "operator");
  await page.click('tr:has-text("night") button:has-text("New code")');
  await page.waitForSelector('tr:has-text("night") code');
  check(/^([A-Z2-7]{4} )+[A-Z2-7]{4}$/.test(await page.textContent('tr:has-text("night") code')), "an account gets another role, and a one-time code that can be typed");
  await page.click('tr:has-text("clerk") summary');
  await page.fill('tr:has-text("clerk") input[type="password"]', kOtherPassword);
  await page.click('tr:has-text("clerk") details button');
  await page.waitForSelector("text=clerk logs in with the new password");
  await page.click('tr:has-text("night") button:text-is("Lock")');
  await page.waitForSelector('tr:has-text("night") button:text-is("Unlock")');
  await page.click('tr:has-text("night") button:text-is("Unlock")');
  await page.waitForSelector('tr:has-text("night") button:text-is("Lock")');
  check(true, "an account is locked, and unlocked");
}

async function byKeyboard() {
  await page.goto("about:blank");
  await show("status");
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement.className)) === "skip", "the first key leads past the menu");
  for (let presses = 0; presses < 40; ++presses) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.textContent)) === "Disks") break;
  }
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/disks/);
  await page.waitForFunction(() => document.activeElement.tagName === "H1" && document.activeElement.textContent === "Disks");
  check(true, "the menu is reached by keys, and the keys are at the page that was chosen then");
}

const world = { browser, context, page, check, show, given, holdfast, looksWell, looksWellInAll, password: kPassword };

// One after the other: some look at what those before them left.
const kFlows = {
  makeABusiness,
  changeABusiness,
  aJobFails: () => aJobFails(world),
  backUpTheSecond: () => backUp("second"),
  everyPage,
  findCalls: () => findCalls(world),
  hearCalls: () => hearCalls(world),
  takeOut: () => takeOut(world),
  verifyByDay: () => verifyByDay(world),
  choosePeriods: () => choosePeriods(world),
  readTheLog: () => readTheLog(world),
  workWithSnapshots,
  holdACall,
  setUp,
  logInWithACode: () => logInWithACode({ ...world, looksOf: (other) => looksOf({ page: other, check, given, axe }) }),
  whoOpensTheDisks: () => whoOpensTheDisks(world),
  whatBecameOfCalls: () => whatBecameOfCalls(world),
  everyRole: () => everyRole({ ...world, people: { viewer: kViewer, operator: { ...kOperator, password: kOtherPassword }, auditor: kAuditor } }),
  withoutScripts: () => withoutScripts({ ...world, person: kViewer }),
  byKeyboard,
  seeTheBays: () => seeTheBays(world),
  addADisk: () => addADisk(world),
  replaceADiskThatIsThere: () => replaceADiskThatIsThere(world),
  retireADisk: () => retireADisk(world),
  noneToLose: () => noneToLose(world),
  aDiskGoes: () => aDiskGoes(world),
  anOperatorReplacesIt: () => anOperatorReplacesIt({ ...world, person: kHands }),
  tellTheTruth: () => tellTheTruth(world),
};

const unknown = given.only.filter((name) => !(name in kFlows));
if (unknown.length > 0) throw new Error(`no such flow: ${unknown}; there are ${Object.keys(kFlows)}`);
try {
  await makeFirst(given.code);
  await makeThePool();
  await makeDesk();
  await backUp("desk");
  for (const [role, { account }] of [["viewer", kViewer], ["operator", kOperator], ["operator", kHands], ["auditor", kAuditor]]) {
    holdfast("account", "add", account, "--role", role, "--password-file", given.password);
  }
  for (const [name, flow] of Object.entries(kFlows)) {
    if (given.only.length > 0 && !given.only.includes(name)) continue;
    const begun = Date.now();
    await flow();
    console.log(`took ${((Date.now() - begun) / 1000).toFixed(1)} s: ${name}`);
  }
} finally {
  await browser.close();
}
