// SPDX-License-Identifier: Apache-2.0
// The way to the box: docs/api.yaml.
import { useEffect, useRef, useState } from "preact/hooks";
import { signal, useSignal } from "./signal";
import { language, t } from "./words";

export interface Session {
  account: string | null;
  role?: "viewer" | "operator" | "auditor" | "administrator";
  change?: string;
  asks_reason?: boolean;
  masked?: boolean; // may find calls, and sees their numbers masked
  first_boot: boolean;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly detail: string,
  ) {
    super(title);
  }
}

export type Query = Record<string, string | string[] | undefined>;

const kBusyWait_ms = 3000;

export const session = signal<Session | null>(null);
// Grows whenever the box says that its state is another one.
export const version = signal(0);

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== "") parameters.append(name, each);
    }
  }
  const text = parameters.toString();
  return `/api/v1${path}${text === "" ? "" : `?${text}`}`;
}

async function take<T>(answer: Response): Promise<T> {
  if (answer.status === 204) return undefined as T;
  const body = (await answer.json().catch(() => ({}))) as Record<string, string>;
  if (answer.ok) return body as T;
  const code = (body["type"] ?? "").replace("urn:holdfast:problem:", "");
  if (code === "no_session") session.set({ account: null, first_boot: false });
  throw new Problem(answer.status, code, body["title"] ?? String(answer.status), body["detail"] ?? "");
}

// Without an answer a browser has words for programmers alone.
async function send(where: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(where, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new Problem(0, "offline", t("web.offline"), t("web.offline_help"));
  }
}

// `isOwn`: the page asks by itself, which does not keep the session of somebody who has gone.
export async function get<T>(path: string, query: Query = {}, isOwn = false): Promise<T> {
  const headers: Record<string, string> = isOwn ? { "X-Holdfast-Own": "live" } : {};
  return take<T>(await send(address(path, { ...query, lang: language.value }), { headers }));
}

// `left`: nobody waits for the answer any more.
export async function change<T>(method: string, path: string, body: unknown = {}, left?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (session.value?.change) headers["X-Holdfast-Change"] = session.value.change;
  const answer = await send(address(path, { lang: language.value }), {
    method,
    headers,
    body: JSON.stringify(body),
    signal: left ?? null,
  });
  return take<T>(answer);
}

export async function loadSession(): Promise<void> {
  session.set(await get<Session>("/session"));
}

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
  isLoading: boolean;
  again: () => void;
}

// Asks for a document, and again when the question changes; a live one also when the box's state
// does. What was shown stays until the answer is there.
// `isPatient`: while the box has too much to do, it is asked again.
export function useGet<T>(path: string | null, query: Query = {}, isLive: boolean | string = false, isPatient = false): Loaded<T> {
  const [state, setState] = useState<{ value?: T; problem?: Problem; isLoading: boolean }>({
    isLoading: path !== null,
  });
  const [round, setRound] = useState(0);
  const tongue = useSignal(language);
  const beat = useSignal(version);
  const question = path === null ? null : address(path, query);
  const news = isLive === true ? beat : isLive;
  const asked = useRef({ question, news });
  useEffect(() => {
    if (path === null) return;
    let isStale = false;
    const isOwn = asked.current.news !== news && asked.current.question === question;
    asked.current = { question, news };
    get<T>(path, query, isOwn)
      .then((value) => !isStale && setState({ value, isLoading: false }))
      .catch((problem: unknown) => {
        const told =
          problem instanceof Problem ? problem : new Problem(0, "offline", String(problem), "");
        if (!isStale && isPatient && told.code === "busy") {
          setTimeout(() => !isStale && setRound((old) => old + 1), kBusyWait_ms);
          return;
        }
        if (!isStale) setState((old) => ({ value: old.value, problem: told, isLoading: false }));
      });
    return () => {
      isStale = true;
    };
  }, [question, round, tongue, news]);
  return { ...state, again: () => setRound(round + 1) };
}
