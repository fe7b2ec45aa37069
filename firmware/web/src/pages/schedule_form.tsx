// SPDX-License-Identifier: Apache-2.0
// When a business is backed up and how long what is stored stays, by fields, written into the text
// of its definition.
import { Field, fieldsOf } from "../parts";
import { t } from "../words";

type Keys = Record<string, string>; // values as TOML has them; empty: the key is left out

const kHeader = /^\s*\[\[?[\w."-]+\]\]?\s*(#.*)?$/;

interface Part {
  first: number; // line of its header
  end: number;
}

// The part with that header that has the line `mark`, if one is asked for.
function findPart(lines: string[], header: string, mark: string): Part | undefined {
  for (let first = 0; first < lines.length; ++first) {
    if (!lines[first]!.trim().startsWith(header)) continue;
    let end = first + 1;
    while (end < lines.length && !kHeader.test(lines[end]!)) ++end;
    if (mark === "" || lines.slice(first, end).some((line) => line.startsWith(mark))) return { first, end };
  }
  return undefined;
}

const isOf = (key: string, line: string) => new RegExp(`^\\s*${key}\\s*=`).test(line);

// What the text says of a key now, without its quotes.
export function valueIn(text: string, header: string, mark: string, key: string): string {
  const lines = text.split("\n");
  const part = findPart(lines, header, mark);
  const line = part && lines.slice(part.first, part.end).find((each) => isOf(key, each));
  return line?.match(/=\s*("([^"]*)"|[^#\s]*)/)?.slice(1).reduce((all, one) => one ?? all, "") ?? "";
}

// The text with these keys in that part, which is put behind all others if it is not there.
export function withKeys(text: string, header: string, mark: string, keys: Keys): string {
  const lines = text === "" ? [] : text.replace(/\n*$/, "").split("\n");
  const written = Object.entries(keys).filter(([, value]) => value !== "").map(([key, value]) => `${key} = ${value}`);
  const part = findPart(lines, header, mark);
  if (part === undefined) {
    if (written.length > 0) lines.push(header, ...(mark === "" ? [] : [mark]), ...written);
  } else {
    const kept = lines.slice(part.first + 1, part.end).filter((line) => !Object.keys(keys).some((key) => isOf(key, line)));
    lines.splice(part.first + 1, part.end - part.first - 1, ...written, ...kept);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

const kTimes = ["backup", "rpo", "drill", "verify", "prune"];
const kDays = ["lock_days", "keep_days"];
const kClass = "class = 0";

export function ScheduleForm(props: { text: string; change: (text: string) => void }) {
  const { text } = props;
  const quoted = (value = "") => (value === "" ? "" : JSON.stringify(value));
  const put = (event: Event) => {
    const fields = fieldsOf(event);
    const times = Object.fromEntries(kTimes.map((key) => [key, quoted(fields[key])]));
    const days = Object.fromEntries(kDays.map((key) => [key, fields[key] ?? ""]));
    props.change(withKeys(withKeys(text, "[schedule]", "", times), "[[retention]]", kClass, days));
  };
  return (
    <details>
      <summary>{t("web.source.schedule")}</summary>
      <form key={text} onSubmit={put}>
        <fieldset class="line">
          <legend>{t("web.source.times")}</legend>
          {kTimes.map((key) => (
            <Field key={key} label={t(`web.source.${key}`)} name={key} value={valueIn(text, "[schedule]", "", key)} />
          ))}
        </fieldset>
        <fieldset class="line">
          <legend>{t("web.source.retention")}</legend>
          {kDays.map((key) => (
            <Field key={key} label={t(`web.source.${key}`)} name={key} type="number" value={valueIn(text, "[[retention]]", kClass, key)} />
          ))}
        </fieldset>
        <button>{t("web.source.put")}</button>
      </form>
      <p class="quiet">{t("web.source.schedule_help")}</p>
    </details>
  );
}
