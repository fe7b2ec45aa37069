// SPDX-License-Identifier: Apache-2.0
// One source put together by fields, as a part of a definition's text.
import { useState } from "preact/hooks";
import { Field, fieldsOf } from "../parts";
import { t } from "../words";

type Fields = Record<string, string>;

const kMappings = ["generic-csv", "asterisk", "freepbx", "freeswitch", "vos3000", "robot"];
const kSqlKinds = ["mysql", "postgresql", "sqlite", "odbc"];
const kDialects = ["rfc4180", "semicolon", "pipe", "tab"];

// A text of JSON is one of TOML, too; one of several lines is written as such.
function line(key: string, value: string | undefined): string {
  if (!value) return "";
  const lines = value.split(/\r?\n/).map((each) => JSON.stringify(each));
  if (lines.length === 1) return `${key} = ${lines[0]}\n`;
  return `${key} = """\n${lines.map((each) => each.slice(1, -1)).join("\n")}"""\n`;
}

export function blockOf(type: string, fields: Fields): string {
  let text = "[[source]]\n" + line("name", fields["name"]) + line("path", fields["path"]);
  if (type === "directory") return text;
  text += line("type", type) + line("mapping", fields["mapping"]);
  if (type === "csv") {
    return text + "[source.csv]\n" + `files = [${JSON.stringify(fields["files"] || "*.csv")}]\n` + line("dialect", fields["dialect"]);
  }
  text += "[source.sql]\n";
  for (const key of ["kind", "server", "database", "user", "password_file", "query", "zone", "first"]) {
    text += line(key, fields[key]);
  }
  return text;
}

function Choice(props: { label: string; name: string; of: string[] }) {
  return (
    <label>
      <span>{props.label}</span>
      <select name={props.name}>
        {props.of.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

function Rows(props: { type: string }) {
  if (props.type === "csv") {
    return (
      <>
        <Field label={t("web.source.path")} name="path" isRequired />
        <Choice label={t("web.source.mapping")} name="mapping" of={kMappings} />
        <Field label={t("web.source.files")} name="files" value="*.csv" />
        <Choice label={t("web.source.dialect")} name="dialect" of={kDialects} />
      </>
    );
  }
  return (
    <>
      <Choice label={t("web.source.mapping")} name="mapping" of={kMappings} />
      <Choice label={t("web.source.database_kind")} name="kind" of={kSqlKinds} />
      <Field label={t("web.source.server")} name="server" isRequired />
      <Field label={t("web.source.database")} name="database" />
      <Field label={t("web.source.user")} name="user" />
      <Field label={t("web.source.password_file")} name="password_file" />
      <label class="wide">
        <span>{t("web.source.query")}</span>
        <textarea name="query" rows={4} spellcheck={false} required />
      </label>
      <Field label={t("web.source.zone")} name="zone" value="Asia/Shanghai" />
      <Field label={t("web.source.first")} name="first" isRequired />
    </>
  );
}

export function SourceForm(props: { add: (block: string) => void }) {
  const [type, setType] = useState("directory");
  return (
    <details>
      <summary>{t("web.source.add")}</summary>
      <form
        class="line"
        onSubmit={(event) => {
          const form = event.currentTarget;
          props.add(blockOf(type, fieldsOf(event)));
          form.reset();
        }}
      >
        <label>
          <span>{t("web.wizard.type")}</span>
          <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
            {["directory", "csv", "sql"].map((each) => (
              <option key={each} value={each}>
                {t(`web.wizard.type_${each}`)}
              </option>
            ))}
          </select>
        </label>
        <Field label={t("web.name")} name="name" isRequired={type === "sql"} />
        {type === "directory" ? <Field label={t("web.source.path")} name="path" isRequired /> : <Rows type={type} />}
        <button>{t("web.source.put")}</button>
      </form>
      <p class="quiet">{t("web.source.help")}</p>
    </details>
  );
}
