// SPDX-License-Identifier: Apache-2.0
// Words for people: all of them come from firmware/messages, as one file a language.
import { signal } from "./signal";

export type Language = "en" | "zh-CN";
export type Arguments = Record<string, string | number>;

const kKept = "holdfast-language";

function wanted(): Language {
  const kept = localStorage.getItem(kKept);
  if (kept === "en" || kept === "zh-CN") return kept;
  return navigator.language.startsWith("zh") ? "zh-CN" : "en";
}

export const language = signal<Language>(wanted());
let words: Record<string, string> = {};

export async function loadWords(): Promise<void> {
  const answer = await fetch(`/words-${language.value}.json`);
  words = (await answer.json()) as Record<string, string>;
  document.documentElement.lang = language.value;
}

export async function setLanguage(next: Language): Promise<void> {
  localStorage.setItem(kKept, next);
  language.set(next);
  await loadWords();
  language.touch();
}

// The text of a key, with {name} replaced. A key without a text shows as itself.
export function t(key: string, args: Arguments = {}): string {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(args[name] ?? ""));
}

// The same, or `otherwise` where a newer box uses a word that these pages do not know.
export function tOr(key: string, otherwise: string, args: Arguments = {}): string {
  return words[key] === undefined ? otherwise : t(key, args);
}
