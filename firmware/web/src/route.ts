// SPDX-License-Identifier: Apache-2.0
// Which page is shown: `#/calls?business=desk&agent=2049`. So every view has an address of its own.
import { signal, useSignal } from "./signal";

export interface Route {
  page: string;
  query: Record<string, string>;
}

function read(): Route {
  const [page = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { page: page === "" ? "status" : page, query: Object.fromEntries(new URLSearchParams(query)) };
}

const route = signal<Route>(read());
window.addEventListener("hashchange", () => route.set(read()));

export function useRoute(): Route {
  return useSignal(route);
}

export function link(page: string, query: Record<string, string | undefined> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(name, value);
  }
  const text = parameters.toString();
  return `#/${page}${text === "" ? "" : `?${text}`}`;
}

export function go(page: string, query: Record<string, string | undefined> = {}): void {
  location.hash = link(page, query);
}
