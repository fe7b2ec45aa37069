// SPDX-License-Identifier: Apache-2.0
// Whether a page is for everybody, in both languages and themes; for each role; and without scripts.
import { join } from "node:path";

const kRules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const kRolePages = {
  viewer: ["status", "alerts", "tasks", "businesses", "snapshots", "statistics", "disks", "sync", "accounts", "settings"],
  operator: ["status", "alerts", "tasks", "businesses", "snapshots", "calls", "statistics", "disks", "sync", "accounts", "settings"],
  auditor: ["status", "alerts", "tasks", "businesses", "snapshots", "calls", "verification", "statistics", "disks", "exports", "sync", "retention", "audit", "accounts", "settings"],
};
const kDark = "rgb(17, 22, 28)";

export const isQuiet = (page) => page.waitForFunction(() => document.querySelectorAll('[aria-busy="true"]').length === 0);

async function hasWords(page, check, name) {
  const left = await page.evaluate(() => document.body.innerText.match(/\b(web|cli|api)\.[a-z_.]+/)?.[0]);
  check(left === undefined, `${name} has words for everything (${left})`);
}

// Of a world {page, check, given, axe}.
export function looksOf({ page, check, given, axe }) {
  const looksWell = async (name) => {
    await hasWords(page, check, name);
    await page.evaluate(axe);
    const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), kRules);
    check(found.violations.length === 0, `${name}: ${JSON.stringify(found.violations.map((v) => [v.id, v.nodes[0].html]))}`);
    await page.screenshot({ path: join(given.shots, `${name.replace(/[?&=]+/g, "-")}.png`), fullPage: true });
  };
  // What no address leads to is looked at where it stands, by the buttons of the frame; in the end
  // all is as it was.
  const looksWellInAll = async (name) => {
    const [tongue, theme] = [page.locator(".tools button").nth(0), page.locator(".tools button").nth(1)];
    const now = () => page.evaluate(() => `${document.documentElement.lang}-${document.documentElement.dataset.theme}`);
    const seen = new Set();
    for (const next of [theme, tongue, theme, tongue]) {
      const before = await now();
      seen.add(before);
      await looksWell(`${name}-${before}`);
      await next.click();
      await page.waitForFunction((before) => `${document.documentElement.lang}-${document.documentElement.dataset.theme}` !== before, before);
      await isQuiet(page);
    }
    check(seen.size === 4, `${name} was seen in both languages and themes`);
  };
  return { looksWell, looksWellInAll };
}

// In a browser of its own.
export async function apart(browser, options, work) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await work(page);
  await context.close();
}

export async function logIn(page, { account, password }) {
  await page.fill('input[name="account"]', account);
  await page.fill('input[name="password"]', password);
  await page.click("form button");
}

// What the menu offers a role is not refused, and has words. `people`: by role.
export async function everyRole({ browser, check, given, people }) {
  for (const [role, person] of Object.entries(people)) {
    await apart(browser, {}, async (page) => {
      await page.goto(given.address);
      await logIn(page, person);
      await page.waitForSelector(".verdict");
      const offered = await page.locator("header nav a").evaluateAll((links) => links.map((link) => link.hash.slice(2)));
      check(JSON.stringify(offered) === JSON.stringify(kRolePages[role]), `${role} is offered what is theirs: ${offered}`);
      for (const name of offered) {
        await page.goto(`${given.address}/#/${name}`);
        await page.waitForSelector(`header nav a[aria-current="page"][href="#/${name}"]`);
        await isQuiet(page);
        await hasWords(page, check, `${name} for ${role}`);
        const refused = await page.locator(".failure[role=alert]").allTextContents();
        check(refused.length === 0, `${name} asks for nothing that ${role} may not have: ${refused}`);
      }
      await page.screenshot({ path: join(given.shots, `role-${role}.png`), fullPage: true });
    });
  }
}

// The status is read by a browser that runs no scripts, in the colours that it asks for.
export async function withoutScripts({ browser, check, given, person }) {
  await apart(browser, { javaScriptEnabled: false, colorScheme: "dark" }, async (page) => {
    await page.goto(given.address);
    await page.click('a[href="/plain"]');
    await logIn(page, person);
    await page.waitForSelector(".verdict h2");
    const told = await page.textContent("main");
    check(/May lose so many more\s*2/.test(told) && told.includes("desk: Age of what is safe"), "without scripts it says how many disks may go, and how old what is safe is");
    check(/Last backup\s*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/.test(told) && /As of [\d-]+ [\d:]+ UTC\./.test(told), "of what moment it is, and when the last backup was, to the second");
    const paper = await page.locator("html").evaluate((html) => getComputedStyle(html).backgroundColor);
    check(paper === kDark, `and is dark where that is asked for (${paper})`);
    await page.screenshot({ path: join(given.shots, "plain-dark.png"), fullPage: true });
  });
}
