// SPDX-License-Identifier: Apache-2.0
// The recordings behind one number of a reconciliation, each with the way to its call.
import { useGet } from "../api";
import { count, span, time } from "../format";
import { Shown } from "../parts";
import { link } from "../route";
import { t, tOr } from "../words";
import { Player } from "./player";
import { dayName } from "./statistics";

interface Recording {
  path: string;
  reason: string;
  duration_ms: number | null;
  first_seen: string;
  start: string | null;
  row: { item: string; row: number; key: string; call_id: string } | null;
}

export interface Cell {
  business: string;
  source: string;
  class: string;
  day?: string; // "none": what has no start
}

export const kShownAtOnce = 50;

// Of rows that have neither there is no way but their class and day.
function rowLink(of: Cell, row: NonNullable<Recording["row"]>): string {
  const text = row.key !== "" ? `key=${row.key}` : row.call_id !== "" ? `call_id=${row.call_id}` : "";
  return link("calls", { business: of.business, source: of.source, text: text === "" ? "" : `"${text}"`, day: text === "" ? of.day : undefined });
}

function One(props: { of: Cell; recording: Recording }) {
  const { path, reason, duration_ms, first_seen, row } = props.recording;
  return (
    <article class="call">
      <p class="quiet">
        {reason !== "" && `${tOr(`cli.why.${reason}`, reason)} · `}
        {duration_ms !== null && `${span(duration_ms / 1000)} · `}
        {t("web.verification.first_seen", { time: time(first_seen) })}
      </p>
      <p>
        {row === null ? (
          <span class="quiet">{t("web.verification.no_row")}</span>
        ) : (
          <a href={rowLink(props.of, row)}>{t("web.verification.to_call", { item: row.item, row: row.row })}</a>
        )}
      </p>
      <Player business={props.of.business} path={path} />
    </article>
  );
}

export function Members(props: { of: Cell; skip: number }) {
  const { of, skip } = props;
  const loaded = useGet<{ count: number; recordings: Recording[] }>(
    `/businesses/${encodeURIComponent(of.business)}/recordings`,
    { class: of.class, source: of.source, day: of.day, skip: String(skip), limit: String(kShownAtOnce) },
  );
  const here = { business: of.business, source: of.source, class: of.class, day: of.day };
  return (
    <section>
      <h2>
        {tOr(`cli.class.${of.class}`, of.class)} · {of.source}
        {of.day !== undefined && ` · ${dayName(of.day === "none" ? null : of.day)}`}
      </h2>
      <p>
        <a href={link("verification", { business: of.business })}>{t("web.verification.back")}</a>
      </p>
      <Shown of={loaded}>
        {(found) => (
          <>
            <p class="quiet" aria-live="polite">
              {t("web.verification.shown", { first: count(Math.min(skip + 1, found.count)), last: count(skip + found.recordings.length), count: count(found.count) })}
            </p>
            {found.recordings.map((recording) => (
              <One key={recording.path} of={of} recording={recording} />
            ))}
            {skip + found.recordings.length < found.count && (
              <p>
                <a href={link("verification", { ...here, skip: String(skip + kShownAtOnce) })}>{t("web.next")}</a>
              </p>
            )}
          </>
        )}
      </Shown>
    </section>
  );
}
