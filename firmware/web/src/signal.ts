// SPDX-License-Identifier: Apache-2.0
// A value that components watch.
import { useEffect, useState } from "preact/hooks";

export interface Signal<T> {
  readonly value: T;
  set(next: T): void;
  touch(): void;
  watch(call: () => void): () => void;
}

export function signal<T>(first: T): Signal<T> {
  let value = first;
  const watchers = new Set<() => void>();
  const touch = () => watchers.forEach((call) => call());
  return {
    get value() {
      return value;
    },
    set(next: T) {
      value = next;
      touch();
    },
    touch,
    watch(call) {
      watchers.add(call);
      return () => watchers.delete(call);
    },
  };
}

// Renders the component anew when the signal changes.
export function useSignal<T>(watched: Signal<T>): T {
  const [, again] = useState(0);
  useEffect(() => watched.watch(() => again((count) => count + 1)), [watched]);
  return watched.value;
}
