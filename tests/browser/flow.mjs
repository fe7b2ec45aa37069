// SPDX-License-Identifier: Apache-2.0
// What people do in a browser, in Debian's Chromium: flow.mjs '{"address":…,"code":…,"box":…,"shots":…}'
// First boot, a backup, every page in both languages and themes (with axe's rules), a call that is
// found and heard, a disk that goes and is replaced. Prints what it did; ends with 1 at the first
// thing that is not as it should be.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hearCalls } from "./hear.mjs";

const require = createRequire(process.argv[2]); // a file beside node_modules
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const given = JSON.parse(process.argv[3]);
const kPassword = "correct horse battery";
const kPages = ["status", "tasks", "snapshots", "calls", "verification", "statistics", "disks", "retention", "audit", "accounts"];
mkdirSync(given.shots, { recursive: true });

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, locale: "en-US" });
const page = await context.newPage();
page.setDefaultTimeout(60_000);
const complaints = [];
page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
page.on("console", (line) => line.type() === "error" && !/status of 4\d\d/.test(line.text()) && complaints.push(`console: ${line.text()}`));
page.on("dialog", (dialog) => dialog.accept("a reason"));

function check(isTrue, what) {
  if (!isTrue || complaints.length > 0) throw new Error([what, ...complaints].join("\n"));
  console.log(`good: ${what}`);
}

const holdfast = (...words) => execFileSync(given.program, words, { env: { ...process.env, HOLDFAST_HOME: given.home } });

async function show(name) {
  await page.goto(`${given.address}/#/${name}`);
  await page.waitForSelector("main h1");
  await page.waitForFunction(() => document.querySelectorAll('[aria-busy="true"]').length === 0);
}

async function makeFirst(code) {
  await page.goto(given.address);
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

async function backUp() {
  await show("snapshots");
  await page.click("text=Back up now");
  await page.waitForURL(/#\/tasks/);
  await page.waitForSelector('td:has-text("Backup desk") >> xpath=.. >> text=done', { timeout: 120_000 });
  check(true, "a backup that was asked for by a button is done");
}

async function everyPage() {
  for (const tongue of ["en", "zh-CN"]) {
    for (const theme of ["light", "dark"]) {
      await page.evaluate(([tongue, theme]) => {
        localStorage.setItem("holdfast-language", tongue);
        localStorage.setItem("holdfast-theme", theme);
      }, [tongue, theme]);
      await page.goto("about:blank");
      await page.goto(`${given.address}/`);
      for (const name of kPages) {
        await show(name);
        check((await page.getAttribute("html", "lang")) === tongue, `${name} speaks ${tongue}`);
        const left = await page.evaluate(() => document.body.innerText.match(/\b(web|cli|api)\.[a-z_.]+/)?.[0]);
        check(left === undefined, `${name} has words for everything (${left})`);
        await page.evaluate(axe);
        const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] }));
        check(found.violations.length === 0, `${name}, ${tongue}, ${theme}: ${JSON.stringify(found.violations.map((v) => [v.id, v.nodes[0].html]))}`);
        await page.screenshot({ path: join(given.shots, `${name}-${tongue}-${theme}.png`), fullPage: true });
      }
    }
  }
  await page.evaluate(() => {
    localStorage.setItem("holdfast-language", "en");
    localStorage.setItem("holdfast-theme", "light");
  });
  await page.goto("about:blank");
}

async function aDiskGoes() {
  const disk = join(given.box, "disk0");
  renameSync(disk, `${disk}.away`);
  await show("status");
  await page.waitForSelector(".verdict.attention, .verdict.danger", { timeout: 30_000 });
  check((await page.textContent(".verdict")).includes("disk0"), "a disk that went is told within half a minute");
  await page.screenshot({ path: join(given.shots, "disk-gone.png"), fullPage: true });
  mkdirSync(join(given.box, "fresh"));
  holdfast("pool", "replace", disk, join(given.box, "fresh"), "--allow-same-device");
  await show("disks");
  await page.click('button:has-text("Heal")');
  await page.waitForURL(/#\/tasks/);
  await page.waitForSelector('td:has-text("Heal") >> xpath=.. >> text=done', { timeout: 120_000 });
  await show("status");
  await page.waitForSelector(".verdict.ok", { timeout: 60_000 });
  check(true, "a new disk is in its place, the pool is healed, and the page is green");
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
  check(true, "the menu is reached by keys");
}

try {
  await makeFirst(given.code);
  await backUp();
  await everyPage();
  await hearCalls({ page, check, show, given, axe });
  await byKeyboard();
  await aDiskGoes();
  await page.click("text=Log out root");
  await page.waitForSelector('input[name="password"]');
  check(true, "out again");
} finally {
  await browser.close();
}
