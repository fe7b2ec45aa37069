// SPDX-License-Identifier: Apache-2.0
// From the sums of a reconciliation to what stands behind each number, to the call; and the reports
// as files.
import { readFileSync } from "node:fs";
import { join } from "node:path";

async function saved(page, words) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(`a.button:has-text("${words}")`)]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

// The numbers of a row of a table, without the spaces between thousands.
const numbersOf = async (row) => (await row.locator("td").allTextContents()).slice(1).map((text) => Number(text.replace(/\D/g, "")));

const tableOf = (page, words) => page.locator(`table:has(caption:text-is("calls: ${words}"))`);

async function sumsBalance(page, check, words) {
  const rows = await tableOf(page, words).locator("tbody tr").all();
  check(rows.length > 1, `${words}: there are days`);
  const numbers = await Promise.all(rows.map(numbersOf));
  const sum = numbers.pop();
  for (const day of numbers) {
    const all = day[day.length - 1];
    check(day.slice(0, -1).reduce((a, b) => a + b, 0) === all, `${words}: the classes of a day make up its sum, ${all}`);
  }
  sum.forEach((number, place) => check(numbers.reduce((a, day) => a + day[place], 0) === number, `${words}: the days make up the sum, ${number}`));
}

async function behindTheNumbers(page, check, show, given) {
  const cell = tableOf(page, "recordings by day and class").locator("tbody a").first();
  const number = Number(await cell.textContent());
  await cell.click();
  await page.waitForSelector("article.call");
  check((await page.textContent("main")).includes(`1 to ${number} of ${number}`), "a number of recordings leads to as many");
  check((await page.locator("article.call").count()) === number, "and all of them are listed");
  await page.screenshot({ path: join(given.shots, "class-recordings.png"), fullPage: true });
  await page.locator('a:has-text("To the call")').first().click();
  await page.waitForURL(/#\/calls/);
  await page.waitForSelector("article.call dl");
  check((await page.locator("article.call").count()) === 1, "a recording leads to its call");
  await show("verification?business=desk&month=all");
  const rows = tableOf(page, "rows by day and class").locator("tbody a").first();
  const wanted = Number(await rows.textContent());
  await rows.click();
  await page.waitForURL(/#\/calls/);
  await page.waitForSelector("article.call dl");
  check((await page.locator("article.call").count()) === wanted, "a number of rows leads to as many calls");
  await page.click('a:has-text("To all classes")');
  await page.waitForSelector("text=rows by day and class");
}

// All that the box says of the sources stands below their names.
async function whyIsSaid(page, check) {
  const told = await page.evaluate(async () => {
    const { records } = await (await fetch("/api/v1/businesses/desk/reconciliation")).json();
    return records.map(({ verdict, warnings, failures, completeness, columns }) => ({
      verdict,
      count: Object.keys(warnings).length + Object.keys(failures).length + (completeness?.findings.length ?? 0) + columns.length,
    }));
  });
  const kWords = { good: "No class has reached", warning: "should be looked at", failure: "makes it a failure" };
  const sections = await page.locator("section.verdict").all();
  for (const [place, { verdict, count }] of told.entries()) {
    check((await sections[place].locator("p strong").first().textContent()).includes(kWords[verdict]), `the verdict ${verdict} is said in words`);
    check((await sections[place].locator(":scope > ul > li").count()) === count, `and the ${count} things behind it`);
  }
  check(told.some(({ count }) => count > 0), "some source has something to say");
}

export async function verifyByDay({ page, check, show, given }) {
  await show("verification?business=desk&month=all");
  await sumsBalance(page, check, "rows by day and class");
  await sumsBalance(page, check, "recordings by day and class");
  check((await page.locator("p.good:has-text('The sums balance')").count()) === 2, "that the sums balance is said");
  await whyIsSaid(page, check);
  await behindTheNumbers(page, check, show, given);
  await show("verification?business=desk");
  const csv = await saved(page, "Save as CSV");
  check(/^reconciliation.*\.csv$/.test(csv.name) && csv.text.startsWith("source,about,name,count"), "the report is saved as CSV");
  const html = await saved(page, "Save as a page to print");
  check(/\.html$/.test(html.name) && html.text.includes("<table"), "and as a page to print");
  await page.fill('input[name="from"]', "2199-01-01");
  await page.click('button:has-text("Show")');
  await page.waitForURL(/from=2199/);
  await page.waitForSelector("text=Nothing.");
  check((await page.locator("p.good:has-text('The sums balance')").count()) === 2, "days that nothing has show nothing, and the sums are those of all");
  await show("statistics?business=desk");
  const days = await saved(page, "Save as CSV");
  check(/^statistics.*\.csv$/.test(days.name) && days.text.startsWith("source,day"), "statistics are saved as CSV");
  await show("audit?action=record%20reconcile");
  const text = await page.textContent("main");
  check(text.includes("--csv") && text.includes("--html"), "who took a report away stands in the audit log");
  const lines = await saved(page, "Save as CSV");
  check(lines.text.includes("record reconcile") && !lines.text.includes("login"), "the audit log is saved as it is chosen");
}
