// SPDX-License-Identifier: Apache-2.0
// All that calls for somebody, the worst first: since when, who looks after it, and the page where
// something can be done about it. Below, what is over.
import { useEffect, useRef } from "preact/hooks";
import { change, useGet } from "../api";
import { ago, time } from "../format";
import { tick } from "../live";
import { Failure, Field, Shown, Table, useForm, useRight } from "../parts";
import { PlaceLink } from "../places";
import { useSignal } from "../signal";
import { t } from "../words";
import { type Reason, reasonText, type StatusDocument } from "./status";

interface Alert extends Reason {
  id: number;
  of: string; // "box", "appliance"
  since: string;
  ended: string | null;
  acknowledged: { by: string; time: string; note: string } | null;
}

interface AlertsDocument {
  standing: Alert[];
  past: Alert[];
}

const kLevels = ["danger", "attention"];

function Acknowledge(props: { of: Alert; done: () => void }) {
  const { id } = props.of;
  const form = useForm(async ({ note }) => {
    await change("POST", `/alerts/${id}/acknowledgement`, { note });
    props.done();
  });
  return (
    <>
      <form class="line" onSubmit={form.submit} aria-label={t("web.alerts.look_after", { what: reasonText(props.of) })}>
        <Field label={t("web.alerts.note")} name="note" isRequired />
        <button>{t("web.alerts.acknowledge")}</button>
      </form>
      <Failure problem={form.problem} />
    </>
  );
}

function By(props: { of: Alert["acknowledged"] }) {
  if (props.of === null) return null;
  const { by, note } = props.of;
  return <>{t("web.alerts.by", { by, time: time(props.of.time), note })}</>;
}

// Without `alert` it is in no book: nobody knows since when.
function Standing(props: { of: Reason; alert?: Alert; done: () => void }) {
  const { of, alert } = props;
  const mayRun = useRight("run");
  return (
    <li class={`alert ${of.level}`}>
      <strong>{t(`cli.verdict.${of.level}`)}</strong> <span>{reasonText(of)}</span>{" "}
      <PlaceLink code={of.code} />
      {alert && <p class="quiet">{t("web.alerts.since", { time: time(alert.since), ago: ago(alert.since) })}</p>}
      {alert && alert.acknowledged !== null && (
        <p>
          <By of={alert.acknowledged} />
        </p>
      )}
      {alert && mayRun && <Acknowledge of={alert} done={props.done} />}
    </li>
  );
}

function Past(props: { of: Alert[] }) {
  return (
    <section>
      <Table
        caption={t("web.alerts.past")}
        rows={props.of}
        columns={[
          { title: t("web.alerts.begin"), cell: (row) => time(row.since), isWhole: true },
          { title: t("web.alerts.end"), cell: (row) => time(row.ended), isWhole: true },
          { title: t("web.alerts.what"), cell: (row) => reasonText(row) },
          { title: t("web.alerts.who"), cell: (row) => <By of={row.acknowledged} /> },
        ]}
      />
    </section>
  );
}

// The status tells the truth of now; the book has what is known of it besides.
function rowsOf(status: StatusDocument, book: AlertsDocument | undefined): { of: Reason; alert?: Alert }[] {
  const standing = book?.standing ?? [];
  const reasons = (status.box?.reasons ?? []).filter((reason) => kLevels.includes(reason.level));
  const alertOf = (of: Reason) =>
    standing.find((each) => each.of === "box" && each.code === of.code && each.where === of.where);
  const rows = [
    ...reasons.map((of) => ({ of, alert: alertOf(of) })),
    ...standing.filter((each) => each.of === "appliance").map((alert) => ({ of: alert as Reason, alert })),
  ];
  return kLevels.flatMap((level) => rows.filter((row) => row.of.level === level));
}

export function AlertsPage() {
  const loaded = useGet<StatusDocument>("/status", {}, true);
  const book = useGet<AlertsDocument>("/alerts");
  const taken = loaded.value?.taken;
  const seen = useRef(taken);
  useSignal(tick);
  // The book changes when the status was asked for.
  useEffect(() => {
    if (seen.current !== undefined && seen.current !== taken) book.again();
    seen.current = taken;
  }, [taken]);
  return (
    <Shown of={loaded}>
      {(status) => {
        const rows = rowsOf(status, book.value);
        const isTold = (text: string) =>
          rows.some(({ of }) => of.what === text || Object.values(of.texts ?? {}).includes(text));
        const own = [...(status.trouble === null ? [] : [status.trouble]), ...status.complaints];
        const rest = own.filter((text) => !isTold(text));
        return (
          <>
            <p class="quiet">{t("web.status.as_of", { time: time(status.taken), ago: ago(status.taken) })}</p>
            <Failure problem={book.problem} />
            {rows.length + rest.length === 0 && <p class="good">{t("web.alerts.none")}</p>}
            {rows.length > 0 && (
              <ul class="alerts">
                {rows.map((row) => (
                  <Standing
                    key={row.alert?.id ?? `${row.of.code} ${row.of.where}`}
                    of={row.of}
                    alert={row.alert}
                    done={book.again}
                  />
                ))}
              </ul>
            )}
            {rest.length > 0 && (
              <section>
                <h2>{t("web.alerts.own")}</h2>
                <ul class="alerts">
                  {rest.map((complaint) => (
                    <li key={complaint} class="alert attention">
                      {complaint}
                    </li>
                  ))}
                </ul>
              </section>
            )}
            {book.value !== undefined && <Past of={book.value.past} />}
          </>
        );
      }}
    </Shown>
  );
}
