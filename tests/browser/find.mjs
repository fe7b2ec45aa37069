// SPDX-License-Identifier: Apache-2.0
// Calls are found by days alone, by a number as people write it, and a page at a time; what stands
// beside a call says whether it is the present one and why it is in its class.
const shown = (page) => page.locator("article.call").count();

async function ask(page, text, from, to) {
  await page.fill('input[name="text"]', text);
  await page.fill('input[name="from"]', from);
  await page.fill('input[name="to"]', to);
  await page.click("main form.line button");
  await page.waitForFunction(() => document.querySelectorAll('[aria-busy="true"]').length === 0);
}

// The day with the most rows of the database, and how many those are.
async function fullDay(page) {
  const days = await page.evaluate(async () => {
    const { sources } = await (await fetch("/api/v1/businesses/desk/statistics")).json();
    return sources.find(({ source }) => source === "calls").days.map(({ day, rows }) => ({ day, rows }));
  });
  return days.filter(({ day }) => day !== null).reduce((most, each) => (each.rows > most.rows ? each : most));
}

async function byDay(page, check, show) {
  await show("calls?business=desk");
  const { day, rows } = await fullDay(page);
  await ask(page, "", day, day);
  await page.waitForSelector("article.call dl");
  check((await shown(page)) === Math.min(rows, 50), `from ${day} to ${day} are all ${rows} calls of it`);
  return { day, rows };
}

async function pageByPage(page, check, { day, rows }) {
  check(rows > 50, "a day has more calls than are shown at once");
  await ask(page, "", day, ""); // the calls after it have recordings
  await page.locator('article.call input[type="checkbox"]').first().check();
  await page.click('main a:text-is("More")');
  await page.waitForSelector("text=/Calls 51 to \\d+/");
  check((await page.locator('a.button:has-text("Take out")').count()) === 1, "what was chosen stays chosen on the next page");
  await page.click('main a:text-is("Back")');
  await page.waitForSelector("text=Calls 1 to 50; there are more.");
  check(await page.locator('article.call input[type="checkbox"]').first().isChecked(), "and there is a way back to it");
}

async function byNumber(page, check, show) {
  await show("calls?business=desk");
  const number = await page.evaluate(async () => {
    const { rows } = await (await fetch("/api/v1/businesses/desk/records?limit=1")).json();
    return rows[0].columns.phone;
  });
  await ask(page, number, "", "");
  await page.waitForSelector("article.call dl");
  const plain = await shown(page);
  await ask(page, `+86 ${number.slice(0, 3)}-${number.slice(3, 7)} ${number.slice(7)}`, "", "");
  await page.waitForSelector("article.call dl");
  check(plain > 0 && (await shown(page)) === plain, "a number is found as people write it");
}

export async function findCalls({ page, check, show }) {
  await pageByPage(page, check, await byDay(page, check, show));
  await byNumber(page, check, show);
}
