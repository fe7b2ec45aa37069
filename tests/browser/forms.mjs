// SPDX-License-Identifier: Apache-2.0
// Which recordings Debian's Chromium plays by itself, and seeks in: forms.mjs PACKAGE FOLDER; prints
// their names as a JSON list.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(process.argv[2])("playwright-core");
const folder = process.argv[3];
const names = readdirSync(folder).sort();
// As the box does: with parts, and no type that could be guessed from.
const server = createServer((request, answer) => {
  const name = request.url.slice(1);
  answer.setHeader("X-Content-Type-Options", "nosniff");
  answer.setHeader("Content-Type", name === "" ? "text/html" : "audio/wav");
  answer.setHeader("Accept-Ranges", "bytes");
  if (name !== "" && !names.includes(name)) answer.statusCode = 404;
  const bytes = names.includes(name) ? readFileSync(join(folder, name)) : Buffer.alloc(0);
  const part = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  if (!part || bytes.length === 0) return answer.end(bytes);
  const last = Math.min(part[2] === "" ? bytes.length - 1 : Number(part[2]), bytes.length - 1);
  answer.writeHead(206, { "Content-Range": `bytes ${part[1]}-${last}/${bytes.length}` });
  answer.end(bytes.subarray(Number(part[1]), last + 1));
}).listen(0, "127.0.0.1");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

// In the page: true once it is known to be six seconds and time advances behind the fourth.
const plays = (name) =>
  new Promise((resolve) => {
    const audio = new Audio(`/${name}`);
    audio.muted = true;
    audio.onerror = () => resolve(false);
    audio.onloadeddata = () => (audio.currentTime = 4);
    audio.ontimeupdate = () => audio.currentTime > 4.3 && resolve(Math.abs(audio.duration - 6) < 0.2);
    audio.play().catch(() => {});
  });

const played = [];
for (const name of names) {
  if (await page.evaluate(plays, name)) played.push(name);
}
console.log(JSON.stringify(played));
await browser.close();
server.close();
