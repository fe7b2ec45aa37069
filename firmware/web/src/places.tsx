// SPDX-License-Identifier: Apache-2.0
// The page where something can be done about a reason of the status.
import { useRight } from "./parts";
import { link } from "./route";
import { t } from "./words";

// By the beginning of its code; every reason has one (tools/check_messages).
const kPlaces: [string, string][] = [
  ["no_status", "tasks"],
  ["no_business", "businesses"],
  ["key_", "settings"],
  ["bad_settings", "settings"],
  ["certificate_", "settings"],
  ["not_listening", "settings"],
  ["clock_", "settings"],
  ["home_", "settings"],
  ["alerts_", "settings"],
  ["audit_", "audit"],
  ["disk_", "disks"],
  ["pack", "disks"],
  ["pool_", "disks"],
  ["shards_", "disks"],
  ["copies_", "disks"],
  ["journal_gap", "disks"],
  ["entries_lost", "disks"],
  ["no_parity", "disks"],
  ["no_disk", "disks"],
  ["under_", "disks"],
  ["verify_", "tasks"],
  ["drill_", "tasks"],
  ["rpo_", "tasks"],
  ["backup_", "tasks"],
  ["never_", "tasks"],
  ["not_all_read", "tasks"],
  ["source_", "tasks"],
  ["hot_", "tasks"],
  ["trigger_", "tasks"],
  ["overdue", "tasks"],
  ["partial", "tasks"],
  ["gap", "tasks"],
];

function placeOf(code: string): string | undefined {
  return kPlaces.find(([beginning]) => code.startsWith(beginning))?.[1];
}

// Not where the page is none of his.
export function PlaceLink(props: { code: string }) {
  const place = placeOf(props.code);
  const mayHear = useRight("hear");
  if (place === undefined || (place === "audit" && !mayHear)) return null;
  return <a href={link(place)}>{t("web.alerts.go", { page: t(`web.page.${place}`) })}</a>;
}
