// SPDX-License-Identifier: Apache-2.0
// Find a call by any of its columns, see its row, hear it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useGet } from "../api";
import { Field, fieldsOf, Shown, useRight, WithBusiness } from "../parts";
import { go, link, useRoute } from "../route";
import { t, tOr } from "../words";
import { TakeOut, useChoice } from "./exports";
import { AskReason, Player } from "./player";

interface Row {
  source: string;
  item: string;
  row: number;
  snapshot: number;
  class: string;
  reason?: string; // of a row that was rejected
  former: boolean;
  columns: Record<string, string | null>;
  recordings: { path: string; rung: number; gone: boolean; pruned?: boolean }[];
}

const kDigitsOfNumberMax = 13; // with the country's

// As people write a number: +86 132-0383-7752. Of more digits it is several.
function isNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "").length;
  return /^\+?[\d\s().-]+$/.test(text) && digits >= 4 && digits <= kDigitsOfNumberMax;
}

// "agent=2049 phone=13203837752": words with an equals sign are conditions, others free text.
export function conditionsOf(text: string): string[] {
  if (isNumber(text.trim())) return [`number=${text.trim()}`];
  const words = text.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  return words.map((word) => {
    const plain = word.replaceAll('"', "");
    if (plain.includes("=")) return plain;
    return /^\d{4,}$/.test(plain) ? `number=${plain}` : `text=${plain}`;
  });
}

// How the row came to it, and whether it is still where it came from.
function HowBound(props: { of: Row["recordings"][number] }) {
  const { rung, gone } = props.of;
  return <p class="quiet">{[tOr(`cli.rung.${rung}`, ""), gone && t("web.gone")].filter(Boolean).join(" · ")}</p>;
}

// A recording that is here no more is not offered, and neither is one to somebody who hears none.
function Recording(props: { business: string; of: Row["recordings"][number]; box: (path: string) => ComponentChildren }) {
  const { path, pruned } = props.of;
  const mayHear = useRight("hear");
  if (mayHear && !pruned) {
    return (
      <div>
        <Player business={props.business} path={path} />
        <HowBound of={props.of} />
        {props.box(path)}
      </div>
    );
  }
  return (
    <div>
      <p>{path}</p>
      <HowBound of={props.of} />
      <p class="quiet">{pruned ? t("cli.class.recording_pruned") : t("web.calls.who_hears", { role: t("web.role.auditor") })}</p>
    </div>
  );
}

function Call(props: { business: string; row: Row; box: (path: string) => ComponentChildren }) {
  const { row } = props;
  const named = row.class === "" ? "" : tOr(`cli.class.${row.class}`, row.class);
  const why = row.reason === undefined ? "" : tOr(`cli.why.${row.reason}`, row.reason);
  return (
    <article class={row.former ? "call former" : "call"}>
      {row.former && <p class="warning">{t("web.calls.former")}</p>}
      <dl class="facts">
        {Object.entries(row.columns).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value ?? <i>NULL</i>}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">
        {[named, why, row.source, `${row.item}:${row.row}`].filter((each) => each !== "").join(" · ")}
      </p>
      {row.recordings.length === 0 && <p class="quiet">{t("web.calls.no_recording")}</p>}
      {row.recordings.map((of) => (
        <Recording key={of.path} business={props.business} of={of} box={props.box} />
      ))}
    </article>
  );
}

// Of a class, a source and a day: what stands behind a number of page Verification.
interface Question {
  text?: string;
  from?: string;
  to?: string;
  class?: string;
  source?: string;
  day?: string;
  skip?: string;
}

const kShownAtOnce = 50;

// Days are those of the source's clock, the last one with them.
function queryOf(question: Question) {
  const { text, class: name, from, to, ...rest } = question;
  const where = conditionsOf(text ?? "");
  if (name !== undefined) where.push(`class=${name}`);
  const days = from || to ? { day: `${from ?? ""}..${to ?? ""}` } : {};
  return { where, ...rest, ...days, limit: String(kShownAtOnce) };
}

// Of all that fit, those of one page.
function Which(props: { skip: number; count: number; more: boolean }) {
  const { skip, count, more } = props;
  if (skip === 0 && !more) return <>{t("web.calls.found", { count })}</>;
  return <>{t(more ? "web.calls.shown_more" : "web.calls.shown", { first: Math.min(skip + 1, skip + count), last: skip + count })}</>;
}

function Found(props: { business: string; of: Question }) {
  const skip = Number(props.of.skip ?? "0");
  const [unmasked, setUnmasked] = useState<{ skip: number; reason: string }>();
  const { chosen, box } = useChoice();
  const reason = unmasked?.skip === skip ? unmasked.reason : undefined;
  const loaded = useGet<{ rows: Row[]; more: boolean; masked: boolean }>(
    `/businesses/${encodeURIComponent(props.business)}/records`,
    { ...queryOf(props.of), reason },
  );
  const from = (skip: number) => link("calls", { business: props.business, ...props.of, skip: skip > 0 ? String(skip) : undefined });
  return (
    <Shown of={loaded}>
      {({ rows, more, masked }) => (
        <>
          {masked && <AskReason label={t("web.calls.unmask")} onReason={(reason) => setUnmasked({ skip, reason })} />}
          <p class="quiet" aria-live="polite">
            <Which skip={skip} count={rows.length} more={more} />
          </p>
          {rows.map((row) => (
            <Call key={`${row.source} ${row.item}:${row.row}`} business={props.business} row={row} box={box} />
          ))}
          <p>
            {skip > 0 && <a href={from(skip - kShownAtOnce)}>{t("web.previous")}</a>} {more && <a href={from(skip + kShownAtOnce)}>{t("web.next")}</a>}
          </p>
          {rows[0] && <TakeOut business={props.business} snapshot={rows[0].snapshot} paths={chosen} />}
        </>
      )}
    </Shown>
  );
}

export function CallsPage() {
  const { query } = useRoute();
  const { business: _, ...of }: Record<string, string> & Question = query;
  return (
    <WithBusiness>
      {(business) => (
        <>
          <form class="line" onSubmit={(event) => go("calls", { business, ...fieldsOf(event) })}>
            <Field label={t("web.calls.search")} name="text" type="search" value={query["text"]} />
            <Field label={t("web.from")} name="from" type="date" value={query["from"]} />
            <Field label={t("web.to")} name="to" type="date" value={query["to"]} />
            <button>{t("web.find")}</button>
          </form>
          <p class="quiet">{t("web.calls.help")}</p>
          {of.class !== undefined && (
            <p>
              <strong>
                {[tOr(`cli.class.${of.class}`, of.class), of.source, of.day === "none" ? t("cli.statistics.undated") : of.day].filter(Boolean).join(" · ")}
              </strong>{" "}
              <a href={link("verification", { business })}>{t("web.verification.back")}</a>
            </p>
          )}
          {(of.text || of.class || of.day || of.from || of.to) && (
            <Found key={JSON.stringify({ ...of, skip: "", business })} business={business} of={of} />
          )}
        </>
      )}
    </WithBusiness>
  );
}
