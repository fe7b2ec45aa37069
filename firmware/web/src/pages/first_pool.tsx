// SPDX-License-Identifier: Apache-2.0
// A box without a pool: which disks it is made of, the plan as the box sees it, and the deed.
import { useState } from "preact/hooks";
import { change } from "../api";
import { Action, Facts, useRight } from "../parts";
import { geometryFact, type Geometry } from "../pool";
import { t } from "../words";
import { Candidates } from "./candidates";

interface Plan {
  geometry: Geometry;
  disks: { path: string }[];
}

const kGeometries = ["auto", "half"] as const;

export function FirstPool(props: { done: () => void }) {
  const [disks, setDisks] = useState<string[]>([]);
  const [geometry, setGeometry] = useState<string>(kGeometries[0]);
  const [plan, setPlan] = useState<Plan>();
  const mayRule = useRight("rule");
  if (!mayRule) return <p class="quiet">{t("web.first_pool.who")}</p>;
  const body = { disks, geometry };
  // A plan is of what was chosen then.
  const choose = (folder: string) => {
    setPlan(undefined);
    setDisks(disks.includes(folder) ? disks.filter((each) => each !== folder) : [...disks, folder]);
  };
  // What went meanwhile, or cannot be taken any more, is chosen no longer.
  const offered = (usable: string[]) => {
    const kept = disks.filter((each) => usable.includes(each));
    if (kept.length === disks.length) return;
    setPlan(undefined);
    setDisks(kept);
  };
  return (
    <section class="job" aria-label={t("web.first_pool.title")}>
      <h2>{t("web.first_pool.title")}</h2>
      <p>{t("web.first_pool.help")}</p>
      <Candidates kind="checkbox" places={[]} chosen={disks} choose={choose} offered={offered} />
      <div class="line">
        <label>
          <span>{t("web.first_pool.geometry")}</span>
          <select
            name="geometry"
            value={geometry}
            onChange={(event) => {
              setPlan(undefined);
              setGeometry(event.currentTarget.value);
            }}
          >
            {kGeometries.map((each) => (
              <option key={each} value={each}>
                {t(`web.first_pool.${each}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {disks.length > 0 && (
        <p>
          <Action
            label={t("web.disk_change.plan")}
            run={async () => setPlan(await change<Plan>("POST", "/pool", { ...body, dry_run: true }))}
          />
        </p>
      )}
      {plan !== undefined && (
        <div aria-live="polite">
          <Facts
            of={[
              geometryFact(plan.geometry),
              [t("web.page.disks"), plan.disks.map(({ path }) => path).join("\n")],
              [t("web.first_pool.may_lose"), plan.geometry.m],
            ]}
          />
          {plan.geometry.m === 0 && <p class="failure">{t("web.first_pool.no_parity")}</p>}
          <Action
            label={t("web.first_pool.make", { count: plan.disks.length })}
            isDanger
            run={async () => {
              await change("POST", "/pool", body);
              props.done();
            }}
          />
        </div>
      )}
    </section>
  );
}
