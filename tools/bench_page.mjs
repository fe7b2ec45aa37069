// SPDX-License-Identifier: Apache-2.0
// bench_page.mjs PACKAGE '{"address":…,"cookie":…,"value":…,"rounds":…}': how long it takes from
// the address to the verdict, each time in a browser that has nothing cached. Prints milliseconds.
import { createRequire } from "node:module";

const { chromium } = createRequire(process.argv[2])("playwright-core");
const given = JSON.parse(process.argv[3]);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const times = [];
for (let round = 0; round < given.rounds; ++round) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  await context.addCookies([{ name: given.cookie, value: given.value, url: given.address, secure: true, httpOnly: true, sameSite: "Strict" }]);
  const page = await context.newPage();
  const begun = performance.now();
  await page.goto(given.address, { waitUntil: "commit" });
  await page.waitForSelector(".verdict");
  times.push(performance.now() - begun);
  await context.close();
}
await browser.close();
console.log(JSON.stringify(times));
