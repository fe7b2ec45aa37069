// SPDX-License-Identifier: Apache-2.0
// The bays of the box as they sit, so that whoever stands before it pulls the right disk.
import type { ComponentChildren } from "preact";
import { size } from "../format";
import type { Disk, Pool } from "../pool";
import { t } from "../words";

export interface Hardware {
  name: string;
  bytes: number;
  model: string | null;
  serial: string | null;
  by_path: string | null;
}

export interface BayPlace {
  number: number | null;
  row: number | null;
  column: number | null;
  state: "member" | "mounted" | "plugged" | "empty";
  disk: string | null;
  path: string | null;
  hardware: Hardware[];
}

export interface BayMap {
  columns: number;
  told: boolean;
  problem: { what: string; hint: string } | null;
  bays: BayPlace[];
}

export function hardwareText(disk: Hardware): string {
  return [disk.name, disk.model, disk.serial, disk.by_path].filter(Boolean).join(" · ");
}

export function HardwareLines(props: { of: Hardware[] }) {
  return (
    <>
      {props.of.map((disk) => (
        <span key={disk.name} class="quiet">
          {hardwareText(disk)}
        </span>
      ))}
    </>
  );
}

// As the box tells it; or, where that is not to be had, one row in the order of the paths.
export function placesOf(map: BayMap | undefined, pool: Pool): BayPlace[] {
  if (map !== undefined) return map.bays;
  const byPath = (left: Disk, right: Disk) => left.path.localeCompare(right.path, "en", { numeric: true });
  return [...pool.disks].sort(byPath).map((disk, place) => ({
    number: place + 1,
    row: 1,
    column: place + 1,
    state: "member",
    disk: disk.id,
    path: disk.path,
    hardware: [],
  }));
}

export function diskIn(bay: BayPlace, pool: Pool): Disk | undefined {
  if (bay.state !== "member") return undefined;
  return pool.disks.find((disk) => disk.path === bay.path && (bay.disk === null || disk.id === bay.disk));
}

// What is no disk of the pool.
export function OtherBay(props: { bay: BayPlace }) {
  const { bay } = props;
  return (
    <>
      <strong>{t(`cli.bay_state.${bay.state === "member" ? "empty" : bay.state}`)}</strong>
      {bay.path !== null && <span>{bay.path}</span>}
      <HardwareLines of={bay.hardware} />
      {bay.state !== "mounted" && bay.hardware.map((disk) => <span key={disk.name}>{size(disk.bytes)}</span>)}
    </>
  );
}

// A grid as wide as the box, once the box was told how wide that is.
export function BayGrid(props: { map?: BayMap; places: BayPlace[]; show: (bay: BayPlace) => ComponentChildren }) {
  const isGrid = props.map?.told === true;
  const known = props.places.filter((bay) => bay.number !== null);
  const unknown = props.places.filter((bay) => bay.number === null);
  const columns = `repeat(${props.map?.columns ?? 1}, minmax(11rem, 1fr))`;
  return (
    <section>
      <h2>{t("web.disks.title")}</h2>
      {props.map?.problem && (
        <p class="warning">
          {props.map.problem.what} {props.map.problem.hint}
        </p>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label={t("web.disks.title")}>
        <ol class="bays" style={isGrid ? { gridTemplateColumns: columns } : {}}>
          {known.map((bay) => (
            <li key={bay.number} style={isGrid ? { gridRow: bay.row!, gridColumn: bay.column! } : {}}>
              {props.show(bay)}
            </li>
          ))}
        </ol>
      </div>
      {unknown.length > 0 && (
        <>
          <h3>{t("web.disks.elsewhere")}</h3>
          <ul class="bays">
            {unknown.map((bay) => (
              <li key={`${bay.disk} ${bay.path}`}>{props.show(bay)}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
