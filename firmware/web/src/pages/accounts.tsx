// SPDX-License-Identifier: Apache-2.0
// Who may use these pages.
import { useState } from "preact/hooks";
import { change, Problem, session, useGet } from "../api";
import { time } from "../format";
import { Action, Failure, Field, Shown, Table, useForm, useRight } from "../parts";
import { useSignal } from "../signal";
import { t } from "../words";

interface Account {
  account: string;
  role: string;
  has_code: boolean;
  locked: boolean;
  made: string;
}

const kRoles = ["viewer", "operator", "auditor", "administrator"];

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

// What is typed into the telephone, in groups that the eye keeps.
function secretOf(address: string): string {
  const secret = new URL(address).searchParams.get("secret") ?? "";
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}

// Shows the secret this once: it is kept in no page.
function Code(props: { account: Account; done: () => void }) {
  const { account } = props;
  const [address, setAddress] = useState<string>();
  const ask = async (off: boolean) => {
    const path = `/accounts/${encodeURIComponent(account.account)}/code`;
    const made = await change<{ address?: string }>("POST", path, { off });
    setAddress(made.address);
    props.done();
  };
  return (
    <>
      {t(account.has_code ? "cli.yes" : "cli.no")}{" "}
      <Action
        label={t("web.accounts.new_code")}
        confirm={account.has_code ? t("web.accounts.new_code_sure", { name: account.account }) : undefined}
        run={() => ask(false)}
      />
      {account.has_code && <Action label={t("web.accounts.no_code")} isDanger run={() => ask(true)} />}
      {address !== undefined && (
        <p role="status">
          {t("web.accounts.code_shown")} <code class="secret">{secretOf(address)}</code>
        </p>
      )}
    </>
  );
}

// For who has forgotten theirs.
function NewPassword(props: { account: Account }) {
  const name = props.account.account;
  const form = useForm((fields) => change("PATCH", `/accounts/${encodeURIComponent(name)}`, fields));
  return (
    <details>
      <summary>{t("web.accounts.set_password")}</summary>
      <form onSubmit={form.submit}>
        <Field label={t("web.accounts.new_password_of", { name })} name="password" type="password" autocomplete="new-password" isRequired />
        <button>{t("web.change")}</button>
      </form>
      <Failure problem={form.problem} />
      {form.isDone && <p role="status">{t("web.accounts.password_set", { name })}</p>}
    </details>
  );
}

function Lock(props: { account: Account; done: () => void }) {
  const { account: name, locked } = props.account;
  return (
    <>
      {t(locked ? "cli.yes" : "cli.no")}{" "}
      <Action
        label={t(locked ? "web.accounts.unlock" : "web.accounts.lock")}
        isDanger={!locked}
        confirm={locked ? undefined : t("web.accounts.lock_sure", { name })}
        run={async () => {
          await change("PATCH", `/accounts/${encodeURIComponent(name)}`, { locked: !locked });
          props.done();
        }}
      />
    </>
  );
}

function RoleChoice(props: { account: Account; done: () => void }) {
  const { account } = props;
  const [problem, setProblem] = useState<Problem>();
  const set = async (role: string) => {
    setProblem(undefined);
    try {
      await change("PATCH", `/accounts/${encodeURIComponent(account.account)}`, { role });
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
    }
    props.done();
  };
  return (
    <>
      <select
        value={account.role}
        aria-label={t("web.accounts.role_of", { name: account.account })}
        onChange={(event) => set(event.currentTarget.value)}
      >
        {kRoles.map((role) => (
          <option key={role} value={role}>
            {t(`web.role.${role}`)}
          </option>
        ))}
      </select>
      <Failure problem={problem} />
    </>
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
              { title: t("web.accounts.role"), cell: (row) => <RoleChoice account={row} done={loaded.again} /> },
              { title: t("web.accounts.code"), cell: (row) => <Code account={row} done={loaded.again} /> },
              { title: t("web.password"), cell: (row) => <NewPassword account={row} /> },
              { title: t("web.accounts.locked"), cell: (row) => <Lock account={row} done={loaded.again} /> },
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
