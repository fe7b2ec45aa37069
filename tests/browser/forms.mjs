// SPDX-License-Identifier: Apache-2.0
// Which recordings Debian's Chromium plays by itself: forms.mjs PACKAGE FOLDER; prints their names
// as a JSON list.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(process.argv[2])("playwright-core");
const folder = process.argv[3];
const names = readdirSync(folder).sort();
const server = createServer((request, answer) => {
  const name = request.url.slice(1);
  answer.setHeader("X-Content-Type-Options", "nosniff");
  answer.setHeader("Content-Type", name === "" ? "text/html" : "audio/wav");
  if (name !== "" && !names.includes(name)) answer.statusCode = 404;
  answer.end(names.includes(name) ? readFileSync(join(folder, name)) : "");
}).listen(0, "127.0.0.1");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

// In the page: true once time advances.
const plays = (name) =>
  new Promise((resolve) => {
    const audio = new Audio(`/${name}`);
    audio.muted = true;
    audio.onerror = () => resolve(false);
    audio.ontimeupdate = () => audio.currentTime > 0.3 && resolve(true);
    audio.play().catch(() => {});
  });

const played = [];
for (const name of names) {
  if (await page.evaluate(plays, name)) played.push(name);
}
console.log(JSON.stringify(played));
await browser.close();
server.close();
