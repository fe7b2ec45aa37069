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
  columns: Record<string, string | null>;
  recordings: { path: string; rung: number; gone: boolean }[];
}

// "agent=2049 phone=13203837752": words with an equals sign are conditions, others free text.
export function conditionsOf(text: string): string[] {
  const words = text.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  return words.map((word) => {
    const plain = word.replaceAll('"', "");
    if (plain.includes("=")) return plain;
    return /^\d{4,}$/.test(plain) ? `number=${plain}` : `text=${plain}`;
  });
}

function Call(props: { business: string; row: Row; box: (path: string) => ComponentChildren }) {
  const { row } = props;
  const mayHear = useRight("hear");
  return (
    <article class="call">
      <dl class="facts">
        {Object.entries(row.columns).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value ?? <i>NULL</i>}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">
        {tOr(`cli.class.${row.class}`, row.class)} · {row.source} · {row.item}:{row.row}
      </p>
      {row.recordings.length === 0 && <p class="quiet">{t("web.calls.no_recording")}</p>}
      {row.recordings.map(({ path }) =>
        mayHear ? (
          <div key={path}>
            <Player business={props.business} path={path} />
            {props.box(path)}
          </div>
        ) : (
          <p key={path}>{path}</p>
        ),
      )}
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

function queryOf(question: Question) {
  const { text, class: name, ...rest } = question;
  const where = conditionsOf(text ?? "");
  if (name !== undefined) where.push(`class=${name}`);
  return { where, ...rest, limit: String(kShownAtOnce) };
}

function Found(props: { business: string; of: Question }) {
  const [reason, setReason] = useState<string>();
  const { chosen, box } = useChoice();
  const loaded = useGet<{ rows: Row[]; more: boolean; masked: boolean }>(
    `/businesses/${encodeURIComponent(props.business)}/records`,
    { ...queryOf(props.of), reason },
  );
  return (
    <Shown of={loaded}>
      {({ rows, more, masked }) => (
        <>
          {masked && <AskReason label={t("web.calls.unmask")} onReason={setReason} />}
          <p class="quiet" aria-live="polite">
            {t(more ? "web.calls.more" : "web.calls.found", { count: rows.length })}
          </p>
          {rows.map((row) => (
            <Call key={`${row.item}:${row.row}`} business={props.business} row={row} box={box} />
          ))}
          {more && (
            <p>
              <a href={link("calls", { business: props.business, ...props.of, skip: String(Number(props.of.skip ?? "0") + kShownAtOnce) })}>{t("web.next")}</a>
            </p>
          )}
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
            <Field label={t("web.calls.search")} name="text" type="search" value={query["text"]} isRequired />
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
          {(of.text || of.class || of.day) && <Found key={JSON.stringify(of)} business={business} of={of} />}
        </>
      )}
    </WithBusiness>
  );
}
