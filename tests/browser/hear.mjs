// SPDX-License-Identifier: Apache-2.0
// A call that is found and heard: the reason is asked, the waveform is there, time advances and
// seeks by the player, by a click on the waveform and by keys, and what sounds then is what was
// said at that place.
import { join } from "node:path";

// As the test has made them: the pitch tells the place, and they are longer than what a browser
// loads ahead.
const kStep_s = 20;
const pitchAt = (seconds) => 400 + 100 * Math.floor(seconds / kStep_s);

async function listen(page, number, reason) {
  await page.fill('input[name="text"]', number);
  await page.click("main > form button, main form.line button");
  await page.waitForSelector(`article.call:has-text("${number}")`);
  await page.click('article.call >> nth=0 >> button:has-text("Listen")');
  await page.waitForSelector('article.call input[name="reason"]');
  const asked = (await page.locator("article.call audio").count()) === 0;
  await page.fill('article.call input[name="reason"]', reason);
  await page.click('article.call >> nth=0 >> button:has-text("Listen")');
  return asked;
}

// In the page: the first player plays, then from its middle on.
async function play() {
  const audio = document.querySelector("article.call audio");
  const until = (isTrue) =>
    new Promise((resolve, reject) => {
      const end = setTimeout(() => reject(new Error(`not in time: ${audio.currentTime} ${audio.error?.message}`)), 30_000);
      const look = () => (isTrue() ? (clearTimeout(end), resolve()) : requestAnimationFrame(look));
      look();
    });
  await audio.play();
  await until(() => audio.currentTime > 0.5);
  const advanced = audio.currentTime;
  const middle = audio.duration / 2;
  audio.currentTime = middle;
  await until(() => !audio.seeking && audio.currentTime > middle + 0.3);
  const sought = audio.currentTime;
  audio.pause();
  return { advanced, middle, sought, duration: audio.duration, source: new URL(audio.src).pathname };
}

async function hear(page) {
  await page.waitForSelector("article.call .wave polygon");
  await page.waitForSelector("article.call audio");
  await page.evaluate(tapPlayer);
  return page.evaluate(play);
}

// In the page, once of a player: what it gives the ears is looked at on its way.
function tapPlayer() {
  const context = new AudioContext();
  window.tap = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaElementSource(document.querySelector("article.call audio")).connect(window.tap).connect(context.destination);
}

// In the page: plays on until a pitch has been heard from well within a step of it. Where that was,
// as the player says, and the pitch in hertz.
async function pitchHere(step_s) {
  const audio = document.querySelector("article.call audio");
  const heights = new Float32Array(window.tap.frequencyBinCount);
  await audio.play();
  const begin = audio.currentTime;
  const end = performance.now() + 30_000;
  let at = begin;
  let highest = -1;
  while (highest < 0 && performance.now() < end) {
    await new Promise(requestAnimationFrame);
    at = audio.currentTime;
    const inStep = at % step_s;
    if (at - begin < 0.5 || inStep < 0.6 || inStep > step_s - 0.2) continue; // what is looked at is a sixth of a second
    window.tap.getFloatFrequencyData(heights);
    const height = Math.max(...heights);
    if (height > -60) highest = heights.indexOf(height);
  }
  audio.pause();
  return { at, hertz: Math.round((highest * window.tap.context.sampleRate) / window.tap.fftSize) };
}

// That what sounds now is that place, and the player says so.
async function soundsLike(page, check, place, what) {
  const { at, hertz } = await page.evaluate(pitchHere, kStep_s);
  check(Math.abs(hertz - pitchAt(at)) < 50 && at >= place && at < place + 2 * kStep_s, `${what}: ${hertz} Hz sounds at ${at} s, where ${pitchAt(at)} Hz were said, after a seek to ${place} s`);
}

// Within the page's patience: it gathers what keys and clicks want before it seeks.
const comesTo = (page, place, most) =>
  page.waitForFunction(([place, most]) => Math.abs(document.querySelector("article.call audio").currentTime - place) < most, [place, most]).then(() => true, () => false);

async function seekByWave(page, check, duration) {
  const wave = page.locator("article.call .wave").first();
  const box = await wave.boundingBox();
  await wave.click({ position: { x: box.width / 4, y: box.height / 2 } });
  check(await comesTo(page, duration / 4, duration / 200), "a click on the waveform seeks there");
  await soundsLike(page, check, (duration * 49) / 200, "a click on the waveform");
  await wave.focus();
  await page.keyboard.press("Home");
  check(await comesTo(page, 0, 0.001), "the key Home leads to the beginning");
  await page.keyboard.press("ArrowRight");
  const step = Math.min(5, duration);
  check(await comesTo(page, step, 0.2), "an arrow key seeks five seconds");
  await page.waitForFunction((at) => document.querySelector("article.call .wave").getAttribute("aria-valuenow") === String(at), Math.round(step));
  check(true, "and the waveform says where it is");
  await soundsLike(page, check, step - 0.2, "an arrow key");
}

// In the page, before anybody chose a leg: what reaches the ears is looked at.
function tapEars() {
  window.ears = [];
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      const tap = new AnalyserNode(this.context, { fftSize: 4096 });
      connect.call(this, tap, ...more);
      window.ears = [tap]; // of the newest choice
    }
    return connect.call(this, to, ...more);
  };
}

// In the page: which tones are heard, to 100 Hz.
async function tones() {
  const audio = document.querySelector("article.call audio");
  await audio.play();
  const tap = window.ears[0];
  const heights = new Float32Array(tap.frequencyBinCount);
  const height = (hertz) => heights[Math.round((hertz / tap.context.sampleRate) * tap.fftSize)];
  for (let looks = 0; looks < 600; ++looks) {
    await new Promise(requestAnimationFrame);
    tap.getFloatFrequencyData(heights);
    const heard = [440, 1000].filter((hertz) => height(hertz) > -60);
    if (looks > 30 && heard.length > 0) return heard.join("+");
  }
  return "nothing";
}

async function hearLegs(page, check, show, given, looksWell) {
  await show("calls");
  await listen(page, given.legs, "complaint 4711");
  await page.waitForSelector("article.call .wave polygon >> nth=1");
  await page.evaluate(tapEars);
  const leg = (name) => page.locator(`article.call input[type="radio"][value="${name}"]`);
  await leg("both").focus();
  await page.keyboard.press("ArrowRight");
  check(await leg("left").isChecked(), "an arrow key chooses the left leg");
  check((await page.evaluate(tones)) === "440", "and it alone is heard");
  check((await page.locator("article.call .wave polygon.unheard").count()) === 1, "and the other one is dim");
  await looksWell("call-leg");
  await page.keyboard.press("ArrowRight");
  check((await page.evaluate(tones)) === "1000", "so is the right one");
  await page.keyboard.press("ArrowRight");
  check((await page.evaluate(tones)) === "440+1000", "and both again");
  await page.evaluate(() => document.querySelector("article.call audio").pause());
}

// A browser that does not play what most of them do.
async function fallBack(page, check, show, given) {
  const isStored = (url) => url.pathname.endsWith("/content");
  await page.route(isStored, (route) => route.fulfill({ status: 206, headers: { "Content-Range": "bytes 0-7/8" }, contentType: "audio/wav", body: "no sound" }));
  await show("calls");
  await listen(page, given.number, "complaint 4711");
  const heard = await hear(page);
  check(heard.source.endsWith("/sound") && heard.sought > heard.middle, "what this browser cannot play comes as PCM");
  await soundsLike(page, check, heard.middle, "PCM in place of what cannot be played");
  await page.unroute(isStored);
}

async function cannotHear(page, check, show, given) {
  await show("calls");
  await listen(page, given.amr, "complaint 4711");
  await page.waitForSelector("article.call >> text=AMR");
  await page.waitForSelector('article.call [role="alert"]');
  check(await page.isVisible("article.call a[download]"), "what cannot be played is told, and may be downloaded");
}

// The page of somebody who runs the machine.
async function findMasked(browser, check, given, password) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(given.address);
  await page.fill('input[name="account"]', "clerk");
  await page.fill('input[name="password"]', password);
  await page.click("form button");
  await page.waitForSelector(".verdict");
  await page.click('nav >> text="Calls"');
  await page.fill('input[name="text"]', given.gsm.slice(-4)); // more would be digits that are hidden
  await page.click("main form.line button");
  await page.waitForSelector("article.call");
  const masked = await page.textContent("main");
  check(!masked.includes(given.gsm) && masked.includes(`****${given.gsm.slice(-4)}`), "an operator sees a number without its middle");
  check((await page.locator('article.call button:has-text("Listen")').count()) === 0, "and hears nothing");
  await page.screenshot({ path: join(given.shots, "call-masked.png"), fullPage: true });
  await page.fill('main input[name="reason"]', "order 12");
  await page.click('button:has-text("Show whole numbers")');
  await page.waitForSelector(`article.call:has-text("${given.gsm}")`);
  check(true, "and the whole number for a reason");
  await context.close();
}

// `number`, `gsm`: of calls whose recordings tell the place, as 16 bit PCM and in GSM; `amr`: of one in that form;
// `legs`: of one in stereo. A clerk is there,
// who is an operator.
export async function hearCalls({ browser, page, check, show, given, looksWell, looksWellInAll, password }) {
  await show("calls");
  check(await listen(page, given.number, "complaint 4711"), "nothing is heard before a reason is given");
  const heard = await hear(page);
  check(heard.source.endsWith("/content") && heard.sought > heard.middle && heard.sought < heard.duration, `a call is heard, and sought in: ${JSON.stringify(heard)}`);
  await soundsLike(page, check, heard.middle, "a call as it is stored");
  await show("calls");
  await listen(page, given.gsm, "complaint 4711");
  const gsm = await hear(page);
  check(gsm.source.endsWith("/sound"), "GSM comes as PCM");
  check(gsm.sought > gsm.middle && gsm.sought < gsm.duration, `a call in GSM is heard, and sought in: ${JSON.stringify(gsm)}`);
  await soundsLike(page, check, gsm.middle, "a call in GSM");
  await seekByWave(page, check, gsm.duration);
  await looksWellInAll("call-heard");
  await hearLegs(page, check, show, given, looksWell);
  await fallBack(page, check, show, given);
  await cannotHear(page, check, show, given);
  await findMasked(browser, check, given, password);
  await show("audit");
  check((await page.textContent("main")).includes("order 12"), "the reason stands in the audit log");
}
