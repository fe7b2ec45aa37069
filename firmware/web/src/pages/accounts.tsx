// SPDX-License-Identifier: Apache-2.0
// Who may use these pages.
import { useState } from "preact/hooks";
import { change, Problem, session, useGet } from "../api";
import { time } from "../format";
import { Action, Failure, Field, fieldsOf, Shown, Table, useRight } from "../parts";
import { useSignal } from "../signal";
import { t } from "../words";

interface Account {
  account: string;
  role: string;
  has_code: boolean;
  made: string;
}

const kRoles = ["viewer", "operator", "auditor", "administrator"];

function useForm(run: (fields: Record<string, string>) => Promise<void>) {
  const [problem, setProblem] = useState<Problem>();
  const [isDone, setDone] = useState(false);
  const submit = async (event: Event) => {
    const form = event.currentTarget as HTMLFormElement;
    const fields = fieldsOf(event);
    setProblem(undefined);
    setDone(false);
    try {
      await run(fields);
      form.reset();
      setDone(true);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
  };
  return { submit, problem, isDone };
}

function OwnPassword() {
  const account = useSignal(session)?.account ?? "";
  const form = useForm((fields) => change("PATCH", `/accounts/${account}`, fields));
  return (
    <section>
      <h2>{t("web.accounts.own_password")}</h2>
      <form class="line" onSubmit={form.submit}>
        <Field label={t("web.accounts.old_password")} name="old_password" type="password" autocomplete="current-password" isRequired />
        <Field label={t("web.accounts.new_password")} name="password" type="password" autocomplete="new-password" isRequired />
        <button>{t("web.change")}</button>
      </form>
      <Failure problem={form.problem} />
      {form.isDone && <p role="status">{t("web.accounts.log_in_again")}</p>}
    </section>
  );
}

function Everybody() {
  const loaded = useGet<{ accounts: Account[] }>("/accounts");
  const form = useForm(async (fields) => {
    await change("POST", "/accounts", fields);
    loaded.again();
  });
  return (
    <section>
      <Shown of={loaded}>
        {({ accounts }) => (
          <Table
            caption={t("web.accounts.title")}
            rows={accounts}
            columns={[
              { title: t("web.name"), cell: (row) => row.account },
              { title: t("web.accounts.role"), cell: (row) => t(`web.role.${row.role}`) },
              { title: t("web.accounts.code"), cell: (row) => t(row.has_code ? "cli.yes" : "cli.no") },
              { title: t("web.accounts.made"), cell: (row) => time(row.made) },
              {
                title: "",
                cell: (row) => (
                  <Action
                    label={t("web.remove")}
                    isDanger
                    confirm={t("web.accounts.remove_sure", { name: row.account })}
                    run={async () => {
                      await change("DELETE", `/accounts/${row.account}`);
                      loaded.again();
                    }}
                  />
                ),
              },
            ]}
          />
        )}
      </Shown>
      <h2>{t("web.accounts.add")}</h2>
      <form class="line" onSubmit={form.submit}>
        <Field label={t("web.name")} name="account" isRequired />
        <label>
          <span>{t("web.accounts.role")}</span>
          <select name="role">
            {kRoles.map((role) => (
              <option key={role} value={role}>
                {t(`web.role.${role}`)}
              </option>
            ))}
          </select>
        </label>
        <Field label={t("web.password")} name="password" type="password" autocomplete="new-password" isRequired />
        <button>{t("web.add")}</button>
      </form>
      <Failure problem={form.problem} />
    </section>
  );
}

export function AccountsPage() {
  const mayRule = useRight("rule");
  return (
    <>
      <OwnPassword />
      {mayRule && <Everybody />}
    </>
  );
}
