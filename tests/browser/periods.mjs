// SPDX-License-Identifier: Apache-2.0
// The days that a page is about: the newest month, another one, all of them, or from one to another;
// what is shown of them is what the box has of just these days.
const kNumbers = ["calls", "rows", "recordings"];

const rowsOf = (page, caption) => page.locator(`section:has(h2:text-is("calls")) table:has(caption:text-is("${caption}")) tbody tr`);
const numberOf = (text) => Number(text.replace(/\D/g, ""));

// What a page shows may come a moment after its address: read until it is as wanted, for a while.
async function readUntil(page, wanted, read) {
  const until = Date.now() + 10_000;
  let shown = await read();
  while (JSON.stringify(shown) !== JSON.stringify(wanted) && Date.now() < until) {
    await page.waitForTimeout(50);
    shown = await read();
  }
  return shown;
}

// What stands in the table: by day, the newest first.
async function shownDays(page) {
  const rows = await rowsOf(page, "By day").all();
  return Promise.all(rows.map(async (row) => {
    const [day, ...numbers] = await row.locator("td").allTextContents();
    return [day, ...numbers.slice(0, kNumbers.length).map(numberOf)];
  }));
}

async function shownHours(page) {
  const cells = await page.locator('section:has(h2:text-is("calls")) .hours td').allTextContents();
  return cells.map(numberOf);
}

async function isShown(page, check, what, days) {
  const wanted = days.map((day) => [day.day ?? "no start", ...kNumbers.map((name) => day[name])]).reverse();
  const shown = await readUntil(page, wanted, () => shownDays(page));
  check(JSON.stringify(shown) === JSON.stringify(wanted), `${what}: the days are ${JSON.stringify(shown)} of ${JSON.stringify(wanted)}`);
  const kHours = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0"));
  const hours = kHours.map((hour) => days.reduce((sum, day) => sum + (day.calls_by_hour[hour] ?? 0), 0));
  const bars = hours.some((calls) => calls > 0) ? hours : [];
  const shownBars = await readUntil(page, bars, () => shownHours(page));
  check(JSON.stringify(shownBars) === JSON.stringify(bars), `${what}: so are the hours`);
}

async function fromTo(page, from, to) {
  await page.fill('input[name="from"]', from);
  await page.fill('input[name="to"]', to);
  await page.click('button:text-is("Show")');
  await page.waitForURL(from === "" ? new RegExp(`to=${to}`) : new RegExp(`from=${from}`));
}

export async function choosePeriods({ page, check, show }) {
  await show("statistics?business=desk");
  const days = await page.evaluate(async () => {
    const { sources } = await (await fetch("/api/v1/businesses/desk/statistics")).json();
    return sources.find(({ source }) => source === "calls").days.sort((a, b) => (a.day ?? "").localeCompare(b.day ?? ""));
  });
  const months = [...new Set(days.map(({ day }) => day?.slice(0, 7)))].filter(Boolean);
  check(months.length > 1, `there is more than one month: ${months}`);
  const ofMonth = (month) => days.filter(({ day }) => day?.startsWith(month));
  const month = page.locator("label.choice:has-text('Month') select");
  await isShown(page, check, "the newest month by itself", ofMonth(months.at(-1)));
  await month.selectOption(months[0]);
  await page.waitForURL(/month=/);
  await isShown(page, check, "another month", ofMonth(months[0]));
  await month.selectOption("All days");
  await page.waitForURL(/month=all/);
  await isShown(page, check, "all days", days);
  const [first, second] = ofMonth(months[0]).map(({ day }) => day);
  await fromTo(page, second, second);
  await isShown(page, check, "one day alone", days.filter(({ day }) => day === second));
  await fromTo(page, "", first);
  await isShown(page, check, "up to a day, with it", days.filter(({ day }) => day !== null && day <= first));
  await page.goBack();
  await page.waitForURL(new RegExp(`from=${second}`));
  check((await page.inputValue('input[name="from"]')) === second, "a period has an address, to which the browser goes back");
  await ofVerification({ page, check, show }, months[0], ofMonth(months[0]));
}

// Its tables are of the period; whether the sums balance, and the classes, are of all.
async function ofVerification({ page, check, show }, month, days) {
  await show("verification?business=desk");
  const even = await page.locator("p.good:has-text('The sums balance')").allTextContents();
  await page.locator("label.choice:has-text('Month') select").selectOption(month);
  await page.waitForURL(/month=/);
  const rows = rowsOf(page, "calls: rows by day and class");
  const wanted = days.map(({ day }) => day);
  const shown = await readUntil(page, wanted, async () => (await rows.locator("td:first-child").allTextContents()).slice(0, -1).reverse());
  check(JSON.stringify(shown) === JSON.stringify(wanted), `Verification has the days of ${month}: ${shown}`);
  const sum = numberOf(await rows.last().locator("td").last().textContent());
  check(sum === days.reduce((all, day) => all + day.rows, 0), `and their sum, ${sum}`);
  check(JSON.stringify(await page.locator("p.good:has-text('The sums balance')").allTextContents()) === JSON.stringify(even), "that the sums balance is said of all days");
}
