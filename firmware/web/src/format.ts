// SPDX-License-Identifier: Apache-2.0
// Amounts and times as people read them.
import { t } from "./words";

const kUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function size(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.length) {
    amount /= 1024;
    ++unit;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${kUnits[unit]}`;
}

const two = (n: number) => String(n).padStart(2, "0");

// On the clock of whoever looks; which one that is, zone() says.
export function time(text: string | null | undefined, hasSeconds = false): string {
  if (!text) return t("web.never");
  const date = new Date(text);
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}${hasSeconds ? `:${two(date.getSeconds())}` : ""}`
  );
}

// East of UTC: "+08:00".
export function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`;
}

export function zone(): string {
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone}, UTC${offset(new Date())}`;
}

export function ago(text: string | null | undefined): string {
  if (!text) return t("web.never");
  return t("web.ago", { span: span((Date.now() - new Date(text).getTime()) / 1000) });
}

export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return t("web.seconds", { count: whole });
  if (whole < 90 * 60) return t("web.minutes", { count: Math.round(whole / 60) });
  if (whole < 48 * 3600) return t("web.hours", { count: Math.round(whole / 3600) });
  return t("web.days", { count: Math.round(whole / 86400) });
}

// "76:30": hours and minutes, so that no hour is rounded away, nor a day made of them.
export function hours(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return `${count(Math.floor(minutes / 60))}:${String(minutes % 60).padStart(2, "0")}`;
}

export function count(number: number): string {
  return number.toLocaleString("en").replaceAll(",", "\u202f");
}
