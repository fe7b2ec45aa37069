// SPDX-License-Identifier: Apache-2.0
// What the box says of its pool: GET /pool.
import { t } from "./words";

export interface Geometry {
  k: number;
  m: number;
}

export interface Disk {
  id: string;
  path: string;
  state: string;
  bytes_total: number;
  bytes_free: number;
  errors: number;
  leaving: boolean; // also where it is missing
  read_only: boolean;
  slow: string | null; // when its reads were last found slow
}

export interface Pool {
  geometry: Geometry;
  disks: Disk[];
  bytes_usable: number;
  bytes_free: number;
  packs: number;
  shards_missing: number;
  shards_bad: number;
  packs_under_protected: number;
  packs_lost: number;
  may_lose: number;
  durability: { nines: number } | null;
  last_scrub: { ended?: string } | null;
}

// "3+2", and what it means.
export function geometryFact({ k, m }: Geometry): [string, string, string] {
  return [t("web.disks.geometry"), `${k}+${m}`, t("web.disks.geometry_help", { geometry: `${k}+${m}`, parity: m, all: k + m })];
}
