// SPDX-License-Identifier: Apache-2.0
// The door: log in, or, once, make the first administrator.
import { useState } from "preact/hooks";
import { change, loadSession, Problem, type Session, session } from "../api";
import { Failure, Field, fieldsOf } from "../parts";
import { useSignal } from "../signal";
import { t } from "../words";

export function LoginPage() {
  const isFirst = useSignal(session)?.first_boot ?? false;
  const [problem, setProblem] = useState<Problem>();
  const [needsCode, setNeedsCode] = useState(false);
  const submit = async (event: Event) => {
    const fields = fieldsOf(event);
    setProblem(undefined);
    try {
      session.set(await change<Session>("POST", isFirst ? "/first-administrator" : "/session", fields));
    } catch (error) {
      if (!(error instanceof Problem)) return setProblem(new Problem(0, "offline", String(error), ""));
      if (error.code === "code_needed") setNeedsCode(true);
      if (error.code === "not_first") await loadSession();
      setProblem(error);
    }
  };
  return (
    <main class="door">
      <h1>Holdfast</h1>
      <h2>{t(isFirst ? "web.first.title" : "web.login.title")}</h2>
      {isFirst && <p>{t("web.first.help")}</p>}
      <form onSubmit={submit}>
        {isFirst && <Field label={t("web.first.code")} name="code" autocomplete="one-time-code" isRequired />}
        <Field label={t("web.login.account")} name="account" autocomplete="username" isRequired />
        <Field
          label={t("web.password")}
          name="password"
          type="password"
          autocomplete={isFirst ? "new-password" : "current-password"}
          isRequired
        />
        {needsCode && !isFirst && <Field label={t("web.login.code")} name="code" autocomplete="one-time-code" isRequired />}
        <button>{t(isFirst ? "web.first.make" : "web.login.enter")}</button>
      </form>
      <Failure problem={problem} />
    </main>
  );
}
