// SPDX-License-Identifier: Apache-2.0
// What is held, why, and how much of the plan that is; set and released.
import { change, Problem, useGet } from "../api";
import { time } from "../format";
import { Action, Failure, Field, Shown, Table, useForm, useRight } from "../parts";
import { t } from "../words";

interface Hold {
  number: number;
  time: string;
  scope: string;
  path?: string;
  key?: string;
  bound?: boolean;
  snapshot?: number;
  reason: string;
}

function what(hold: Hold): string {
  if (hold.scope === "snapshot") return t("web.snapshot", { number: hold.snapshot ?? 0 });
  return hold.path ?? hold.key ?? "";
}

export function Holds(props: { business: string; changed: () => void }) {
  const at = `/businesses/${encodeURIComponent(props.business)}`;
  const loaded = useGet<{ holds: Hold[] }>(`${at}/holds`);
  const mayRule = useRight("rule");
  const changed = () => {
    loaded.again();
    props.changed();
  };
  const form = useForm(async ({ path, where, reason }) => {
    if ((path === "") === (where === "")) throw new Problem(400, "choice", t("web.holds.one"), "");
    await change("POST", `${at}/holds`, path === "" ? { where, reason } : { path, reason });
    changed();
  });
  const release = async (hold: Hold) => {
    if (hold.scope === "snapshot") {
      await change("DELETE", `${at}/snapshots/${hold.snapshot}/hold`, { reason: hold.reason });
    } else {
      const which = hold.scope === "path" ? { path: hold.path } : { where: hold.key };
      await change("DELETE", `${at}/holds`, { ...which, reason: hold.reason });
    }
    changed();
  };
  return (
    <section>
      <Shown of={loaded}>
        {({ holds }) => (
          <Table
            caption={t("web.holds.title")}
            rows={holds}
            columns={[
              { title: t("web.holds.what"), cell: what },
              { title: t("web.retention.why"), cell: (hold) => hold.reason },
              { title: t("web.holds.since"), cell: (hold) => time(hold.time) },
              {
                title: "",
                cell: (hold) =>
                  mayRule && (
                    <Action
                      label={t("web.release")}
                      isDanger
                      confirm={t("web.release_sure", { what: what(hold) })}
                      run={() => release(hold)}
                    />
                  ),
              },
            ]}
          />
        )}
      </Shown>
      <h2>{t("web.holds.add")}</h2>
      <form class="line" onSubmit={form.submit}>
        <Field label={t("web.holds.path")} name="path" />
        <Field label={t("web.holds.where")} name="where" />
        <Field label={t("web.hold_reason")} name="reason" isRequired />
        <button>{t("web.hold")}</button>
      </form>
      <Failure problem={form.problem} />
    </section>
  );
}
