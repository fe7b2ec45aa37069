// SPDX-License-Identifier: Apache-2.0
// Pieces that several pages are made of.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Loaded, Problem, session, useGet } from "./api";
import { go, useRoute } from "./route";
import { useSignal } from "./signal";
import { t } from "./words";

export function Failure(props: { problem?: Problem }) {
  if (!props.problem) return null;
  return (
    <p class="failure" role="alert">
      <strong>{props.problem.message}</strong> {props.problem.detail}
    </p>
  );
}

// What was loaded, or what stands in its way.
export function Shown<T>(props: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  const { value, problem, isLoading } = props.of;
  return (
    <div aria-busy={isLoading}>
      <Failure problem={problem} />
      {value !== undefined && props.children(value)}
      {value === undefined && isLoading && <p class="quiet">{t("web.loading")}</p>}
    </div>
  );
}

export interface Column<Row> {
  title: string;
  isNumber?: boolean;
  isWhole?: boolean; // never broken into lines: times, names, a few words
  cell: (row: Row) => ComponentChildren;
}

function looksOf<Row>({ isNumber, isWhole }: Column<Row>): string {
  if (isNumber) return "number";
  return isWhole ? "whole" : "";
}

export function Table<Row>(props: { caption: string; columns: Column<Row>[]; rows: Row[] }) {
  if (props.rows.length === 0) {
    return (
      <p class="quiet">
        <strong>{props.caption}:</strong> {t("web.nothing")}
      </p>
    );
  }
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={props.caption}>
      <table>
        <caption>{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.title} scope="col" class={looksOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, place) => (
            <tr key={place}>
              {props.columns.map((column) => (
                <td key={column.title} class={looksOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// Each with its name and, where the name is not plain, a sentence that says what it means.
export function Facts(props: { of: [string, ComponentChildren, string?][] }) {
  return (
    <dl class="facts">
      {props.of.map(([name, value, help]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {help !== undefined && <dd class="help">{help}</dd>}
        </div>
      ))}
    </dl>
  );
}

// A button that does something: waits, tells what went wrong, asks twice where it matters.
export function Action(props: {
  label: string;
  run: () => Promise<void>;
  confirm?: string;
  isDanger?: boolean;
}) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const act = async () => {
    if (props.confirm !== undefined && !window.confirm(props.confirm)) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await props.run();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "offline", String(error), ""));
    }
    setBusy(false);
  };
  return (
    <span class="action">
      <button type="button" class={props.isDanger ? "danger" : ""} disabled={isBusy} onClick={act}>
        {props.label}
      </button>
      <Failure problem={problem} />
    </span>
  );
}

export function Field(props: {
  label: string;
  name: string;
  type?: string;
  value?: string;
  autocomplete?: string;
  isRequired?: boolean;
  list?: string; // the id of a <datalist>
}) {
  return (
    <label>
      <span>{props.label}</span>
      <input
        list={props.list}
        name={props.name}
        type={props.type ?? "text"}
        defaultValue={props.value ?? ""}
        autocomplete={props.autocomplete ?? "off"}
        required={props.isRequired ?? false}
      />
    </label>
  );
}

// The texts of a form's fields, by name.
export function fieldsOf(event: Event): Record<string, string> {
  event.preventDefault();
  const fields: Record<string, string> = {};
  for (const [name, value] of new FormData(event.currentTarget as HTMLFormElement)) {
    if (typeof value === "string") fields[name] = value;
  }
  return fields;
}

// A form that is sent: what went wrong, or that it is done; it is emptied then.
export function useForm(run: (fields: Record<string, string>) => Promise<void>) {
  const [problem, setProblem] = useState<Problem>();
  const [isDone, setDone] = useState(false);
  const submit = async (event: Event) => {
    const form = event.currentTarget as HTMLFormElement;
    const fields = fieldsOf(event);
    setProblem(undefined);
    setDone(false);
    try {
      await run(fields);
      form.reset();
      setDone(true);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
  };
  return { submit, problem, isDone };
}

interface Businesses {
  businesses: { name: string; id: string }[];
}

// Lets choose the business that a page is about; the only one is chosen by itself.
export function WithBusiness(props: { children: (business: string) => ComponentChildren }) {
  const route = useRoute();
  const loaded = useGet<Businesses>("/businesses");
  return (
    <Shown of={loaded}>
      {({ businesses }) => {
        const first = businesses[0];
        if (first === undefined) return <p class="quiet">{t("web.no_business")}</p>;
        const chosen = route.query["business"] ?? first.name;
        return (
          <>
            {businesses.length > 1 && (
              <label class="choice">
                <span>{t("web.business_name")}</span>
                <select
                  value={chosen}
                  onChange={(event) =>
                    go(route.page, { business: (event.currentTarget as HTMLSelectElement).value })
                  }
                >
                  {businesses.map(({ name }) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            )}
            {props.children(chosen)}
          </>
        );
      }}
    </Shown>
  );
}

export type Right = "look" | "find" | "hear" | "run" | "rule";

const kRights: Record<string, Right[]> = {
  viewer: ["look"],
  operator: ["look", "run"],
  auditor: ["look", "find", "hear"],
  administrator: ["look", "find", "hear", "run", "rule"],
};

// The box decides; pages only leave out what would be refused.
export function useRight(right: Right): boolean {
  const who = useSignal(session);
  if (right === "find" && who?.masked) return true;
  return (kRights[who?.role ?? ""] ?? []).includes(right);
}
