// SPDX-License-Identifier: Apache-2.0
// All that calls for somebody, the worst first, with the page where something can be done about it.
import { useGet } from "../api";
import { ago, time } from "../format";
import { Shown } from "../parts";
import { link } from "../route";
import { t } from "../words";
import { type Reason, reasonText, type StatusDocument } from "./status";

// By the beginning of a reason's code.
const kPlaces: [string, string][] = [
  ["no_business", "businesses"],
  ["key_", "settings"],
  ["disk_", "disks"],
  ["pack", "disks"],
  ["shards_", "disks"],
  ["copies_", "disks"],
  ["no_parity", "disks"],
  ["no_disk", "disks"],
  ["under_", "disks"],
  ["verify_", "tasks"],
  ["drill_", "tasks"],
  ["rpo_", "tasks"],
  ["backup_", "tasks"],
  ["never_", "tasks"],
  ["partial", "tasks"],
];

export function placeOf(code: string): string | undefined {
  return kPlaces.find(([beginning]) => code.startsWith(beginning))?.[1];
}

const kLevels = ["danger", "attention"];

function Alert(props: { of: Reason }) {
  const place = placeOf(props.of.code);
  return (
    <li class={`alert ${props.of.level}`}>
      <strong>{t(`cli.verdict.${props.of.level}`)}</strong> <span>{reasonText(props.of)}</span>{" "}
      {place !== undefined && <a href={link(place)}>{t("web.alerts.go", { page: t(`web.page.${place}`) })}</a>}
    </li>
  );
}

export function AlertsPage() {
  const loaded = useGet<StatusDocument>("/status", {}, true);
  return (
    <Shown of={loaded}>
      {(status) => {
        const reasons = status.box?.reasons ?? [];
        const told = kLevels.flatMap((level) => reasons.filter((reason) => reason.level === level));
        const own = [...(status.trouble === null ? [] : [status.trouble]), ...status.complaints];
        return (
          <>
            <p class="quiet">{t("web.status.as_of", { time: time(status.taken), ago: ago(status.taken) })}</p>
            {told.length + own.length === 0 && <p class="good">{t("web.alerts.none")}</p>}
            {told.length > 0 && (
              <ul class="alerts">
                {told.map((reason) => (
                  <Alert key={`${reason.code} ${reason.where}`} of={reason} />
                ))}
              </ul>
            )}
            {own.length > 0 && (
              <section>
                <h2>{t("web.alerts.own")}</h2>
                <ul class="alerts">
                  {own.map((complaint) => (
                    <li key={complaint} class="alert attention">
                      {complaint}
                    </li>
                  ))}
                </ul>
              </section>
            )}
          </>
        );
      }}
    </Shown>
  );
}
