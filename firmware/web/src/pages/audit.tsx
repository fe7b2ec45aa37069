// SPDX-License-Identifier: Apache-2.0
// Who asked for what, newest first.
import { useGet } from "../api";
import { time } from "../format";
import { Field, fieldsOf, Shown, Table } from "../parts";
import { go, link, useRoute } from "../route";
import { t } from "../words";
import { Save } from "./statistics";

interface Line {
  number: number;
  time: string;
  actor: string;
  role: string;
  peer: string;
  action: string;
  subject: string;
  outcome: string;
}

export function AuditPage() {
  const { query } = useRoute();
  const { before, actor = "", action = "", from = "", to = "" } = query;
  const chosen = { actor, action, from, to };
  const loaded = useGet<{ lines: Line[]; before: number | null; good: boolean }>("/audit", { before, ...chosen }, before === undefined);
  return (
    <>
      <form class="line" onSubmit={(event) => go("audit", fieldsOf(event))}>
        <Field label={t("web.audit.who")} name="actor" value={actor} />
        <Field label={t("web.audit.what")} name="action" value={action} />
        <Field label={t("web.from")} name="from" type="date" value={from} />
        <Field label={t("web.to")} name="to" type="date" value={to} />
        <button>{t("web.find")}</button>
        <Save path="/audit/export" query={{ ...chosen, csv: "true" }} name="audit.csv" label={t("web.save_csv")} />
        <Save path="/audit/export" query={chosen} name="audit.jsonl" label={t("web.audit.save_lines")} />
      </form>
      <Shown of={loaded}>
        {({ lines, before: rest, good }) => (
          <>
            {!good && <p class="failure">{t("web.audit.broken")}</p>}
            <Table
              caption={t("web.audit.title")}
              rows={lines}
              columns={[
                { title: "N", isNumber: true, cell: (line) => line.number },
                { title: t("web.time"), cell: (line) => time(line.time) },
                { title: t("web.audit.who"), cell: (line) => line.actor + (line.peer ? ` @${line.peer}` : "") },
                { title: t("web.audit.what"), cell: (line) => line.action },
                { title: t("web.audit.outcome"), cell: (line) => line.outcome },
                { title: t("web.audit.about"), cell: (line) => line.subject },
              ]}
            />
            {rest !== null && rest > 1 && (
              <p>
                <a href={link("audit", { ...chosen, before: String(rest) })}>{t("web.older")}</a>
              </p>
            )}
          </>
        )}
      </Shown>
    </>
  );
}
