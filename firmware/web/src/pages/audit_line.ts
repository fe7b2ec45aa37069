// SPDX-License-Identifier: Apache-2.0
// What a line of the audit log says, for people: docs/formats.md, section 14.
import { t, tOr } from "../words";

export interface Line {
  number: number;
  time: string;
  actor: string;
  role: string;
  peer: string;
  action: string;
  subject: string;
  outcome: string;
}

// What was done: its last line, and where that one is here the line from before it began.
export interface Act {
  line: Line;
  begun?: Line;
}

const kBegun = "begun";
// Words stand as a shell has them; a backslash is escaped once more, as in listings.
const kWord = /(?:\\{1,2}'|'[^']*'|[^\s'])+/g;
const kQuoted = /\\{1,2}'|'([^']*)'/g;
const kReason = /^(?:--)?(?:reason|note)=([^]*)$/;

// Lines come newest first.
export function actsOf(lines: Line[]): Act[] {
  const acts: Act[] = [];
  const open = new Map<string, Act[]>(); // ends whose beginning has not come yet
  for (const line of lines) {
    const key = JSON.stringify([line.actor, line.role, line.peer, line.action, line.subject]);
    const end = line.outcome === kBegun ? open.get(key)?.pop() : undefined;
    if (end !== undefined) {
      end.begun = line;
      continue;
    }
    const act: Act = { line };
    acts.push(act);
    if (line.outcome !== kBegun) open.set(key, [...(open.get(key) ?? []), act]);
  }
  return acts;
}

export function actionText(action: string): string {
  return tOr(`web.audit.action.${action.replaceAll(" ", "_")}`, action);
}

export function outcomeText(outcome: string): string {
  const [, code, times] = /^(\w+) \((\d+)\)$/.exec(outcome) ?? [];
  if (code !== undefined && times !== undefined) return t("web.audit.times", { what: outcomeText(code), count: times });
  const [, exit] = /^exit (\d+)$/.exec(outcome) ?? [];
  if (exit !== undefined) return tOr(`web.exit.${exit}`, outcome);
  return tOr(`web.audit.ended.${outcome}`, t("web.audit.failed", { code: outcome }));
}

const plain = (word: string) => word.replace(kQuoted, (_, inside?: string) => inside ?? "'");

// Behind `--` there are names alone, whatever they look like.
function partsOf(subject: string): { reason: string; rest: string[] } {
  const words: string[] = subject.match(kWord) ?? [];
  const names = words.includes("--") ? words.indexOf("--") : words.length;
  const rest: string[] = [];
  let reason = "";
  for (let place = 0; place < words.length; ++place) {
    const word = words[place]!;
    const [, told] = kReason.exec(plain(word)) ?? [];
    if (place < names && told !== undefined) reason = told;
    else if (place < names && /^--(reason|note)$/.test(word)) reason = plain(words[++place] ?? "");
    else if (place === 0 && word === "--home") ++place;
    else rest.push(word);
  }
  return { reason, rest };
}

export function reasonOf(subject: string): string {
  return partsOf(subject).reason;
}

// Without its reason, and without the home folder that all have.
export function aboutOf(subject: string): string {
  return partsOf(subject).rest.join(" ");
}
