// SPDX-License-Identifier: Apache-2.0
// Whether the box is still heard: a page whose box is dead, or whose session has ended, must not go
// on as if all were well.
import { get, session, version } from "./api";
import { signal, useSignal } from "./signal";

const kAgain_ms = 5000;
const kTick_ms = 5000;
const kLost_ms = 15_000; // the box gives a word every few seconds
// Without a stream: a browser may have so many pages open that the box has none for this one.
const kPollMin_ms = 10_000;
const kPollMax_ms = 60_000;

// Grows with time: who watches it says anew how long ago something was.
export const tick = signal(0);
setInterval(() => tick.set(tick.value + 1), kTick_ms);

// One stream of events for all pages.
let events: EventSource | null = null;
let again: number | undefined;
let isFollowed = false;
let heard_ms = Date.now();
// After so long a silence it says something.
let silence_ms = kLost_ms;
let poll_ms = kPollMin_ms;

function hear(next_ms = 0): void {
  heard_ms = Date.now();
  silence_ms = next_ms + kLost_ms;
}

// After a broken line the browser takes the stream up again by itself; after a refusal it never
// does: then the session may have ended, or there are too many streams.
function onError(): void {
  if (events === null || events.readyState !== EventSource.CLOSED) return;
  events = null;
  clearTimeout(again);
  again = setTimeout(() => void askAgain(), kAgain_ms);
}

// An answer is a word of the box, as an event is. One by one it is asked less often, and each time
// whether there is a stream now.
async function askAgain(): Promise<void> {
  try {
    await get("/status", {}, true); // without a session it tells that
  } catch {
    poll_ms = kPollMin_ms;
    silence_ms = kLost_ms;
    if (session.value?.account != null) again = setTimeout(() => void askAgain(), kAgain_ms);
    return;
  }
  hear(poll_ms);
  version.set(version.value + 1);
  again = setTimeout(follow, poll_ms);
  poll_ms = Math.min(2 * poll_ms, kPollMax_ms);
}

function follow(): void {
  const isIn = session.value?.account != null;
  if (isIn && !isFollowed) hear(); // until now nobody waited for a word
  isFollowed = isIn;
  if (isIn && events === null) {
    events = new EventSource("/api/v1/events");
    events.addEventListener("state", () => {
      hear();
      version.set(version.value + 1);
    });
    events.addEventListener("beat", () => hear());
    events.addEventListener("open", () => {
      poll_ms = kPollMin_ms;
    });
    events.addEventListener("error", onError);
  } else if (!isIn) {
    clearTimeout(again);
    events?.close();
    events = null;
  }
}
session.watch(follow);

// Since when the box gave no word, if that is too long.
export function useLost(): Date | null {
  useSignal(tick);
  return Date.now() - heard_ms > silence_ms ? new Date(heard_ms) : null;
}
