// SPDX-License-Identifier: Apache-2.0
// Whether the box is still heard: a page whose box is dead, or whose session has ended, must not go
// on as if all were well.
import { loadSession, session, version } from "./api";
import { signal, useSignal } from "./signal";

const kAgain_ms = 5000;
const kTick_ms = 5000;
const kLost_ms = 15_000; // the box gives a word every few seconds

// Grows with time: who watches it says anew how long ago something was.
export const tick = signal(0);
setInterval(() => tick.set(tick.value + 1), kTick_ms);

// One stream of events for all pages.
let events: EventSource | null = null;
let again: number | undefined;
let isFollowed = false;
let heard_ms = Date.now();

function hear(): void {
  heard_ms = Date.now();
}

// After a broken line the browser takes the stream up again by itself; after a refusal it never
// does: then the session may have ended.
function onError(): void {
  if (events === null || events.readyState !== EventSource.CLOSED) return;
  events = null;
  clearTimeout(again);
  again = setTimeout(() => void askAgain(), kAgain_ms);
}

async function askAgain(): Promise<void> {
  try {
    await loadSession(); // which follows() the session
  } catch {
    again = setTimeout(() => void askAgain(), kAgain_ms);
  }
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
    events.addEventListener("beat", hear);
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
  return Date.now() - heard_ms > kLost_ms ? new Date(heard_ms) : null;
}
