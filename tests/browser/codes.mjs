// SPDX-License-Identifier: Apache-2.0
// An account that logs in with a one-time code: an administrator turns it on and hands over the
// secret, a wrong code is refused in one line, the right one opens the door.
import { createHmac } from "node:crypto";
import { apart, logIn } from "./looks.mjs";

const kStep_ms = 30_000;

function bytesOf(base32) {
  const bits = [...base32].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

// As a telephone reckons it (RFC 6238), and not as the box does.
function codeOf(secret) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / kStep_ms)));
  const mac = createHmac("sha1", bytesOf(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

const wrong = (code) => code.replace(/./g, (digit) => (Number(digit) + 1) % 10);

async function turnOn({ page, show, check, holdfast, given }) {
  holdfast("account", "add", "careful", "--role", "operator", "--password-file", given.password);
  await show("status");
  await show("accounts");
  const row = page.locator('tr:has(td:text-is("careful"))');
  await row.locator('button:text-is("New code")').click();
  const secret = (await row.locator("code.secret").textContent()).replaceAll(" ", "");
  await row.locator('button:text-is("No code")').waitFor();
  check(/^[A-Z2-7]{32}$/.test(secret), "an account is made to ask for one-time codes by its page");
  await show("status");
  await show("accounts");
  await row.waitFor();
  check((await row.locator("code.secret").count()) === 0, "and its secret is shown that once");
  return secret;
}

export async function logInWithACode(world) {
  const { browser, check, given, password, looksOf } = world;
  const secret = await turnOn(world);
  await apart(browser, {}, async (page) => {
    const { looksWellInAll } = looksOf(page);
    const isRefused = (words) => page.waitForSelector(`.failure:has-text("${words}")`);
    await page.goto(given.address);
    await page.waitForSelector('input[name="password"]');
    check((await page.locator('input[name="code"]').count()) === 0, "nobody is asked for a code who has none");
    await logIn(page, { account: "careful", password });
    await isRefused("one-time code");
    check((await page.inputValue('input[name="account"]')) === "careful" && (await page.inputValue('input[name="password"]')) === password, "whoever has one is asked for it, and types nothing twice");
    await page.fill('input[name="code"]', wrong(codeOf(secret)));
    await page.click("form button");
    await isRefused("code is wrong");
    const told = await page.locator(".failure").allTextContents();
    check(told.length === 1 && told[0].startsWith("The one-time code is wrong, or it was used already."), `a wrong code is refused in one line: ${told}`);
    await looksWellInAll("login-code");
    await page.fill('input[name="code"]', codeOf(secret));
    await page.click("form button");
    await page.waitForSelector(".verdict");
    await page.click("text=Log out careful");
    await page.waitForSelector('input[name="password"]');
    check((await page.inputValue('input[name="password"]')) === "" && (await page.locator('input[name="code"]').count()) === 0, "the right code opens the door, and behind who left it nothing stands on the page");
  });
}
