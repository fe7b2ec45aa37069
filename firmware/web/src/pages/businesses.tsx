// SPDX-License-Identifier: Apache-2.0
// Businesses and their sources: which there are, and the way to a definition: put together or
// typed, looked at with the first items and rows of its sources, compared, and only then taken.
import { useEffect, useRef, useState } from "preact/hooks";
import { change, Problem, useGet } from "../api";
import { ScheduleForm } from "./schedule_form";
import { SourceForm } from "./source_form";
import { type JobsDocument, triggerState } from "./tasks";
import { Previews, type PreviewDocument } from "./source_preview";
import { SourceAges, type StatusDocument } from "./status";
import { Diff } from "../diff";
import { count, size, time } from "../format";
import { Action, Facts, Failure, Shown, Table, useRight } from "../parts";
import { go, link, useRoute } from "../route";
import { t } from "../words";

interface Business {
  name: string;
  id: string;
  kind: string;
  sources: { name: string; type?: string; path?: string; server?: string }[];
  locks: { class: number; days: number }[];
  definition: string;
  snapshots: number;
  newest: { number: number; time: string; items: number; bytes: number } | null;
}

// The kind stands before all tables of the text.
function withKind(text: string, kind: string): string {
  const rest = text.replace(/^kind = .*\n/m, "");
  return kind === "archive" ? rest : `kind = "${kind}"\n${rest}`;
}

const kPause_ms = 1000;

// A database is another machine's, and a server's name that is half typed would be told a password:
// it is asked when somebody says so. Whatever reads like one counts, for the box alone reads TOML.
const kDatabase = /sql/i;

// What was looked at is what is taken: after a change it is looked at again, by itself once nobody
// has typed for a while, if no database is asked. The box stops the look before.
function useLook(name: string, text: string, isChanged: boolean) {
  const [seen, setSeen] = useState<{ name: string; text: string; document: PreviewDocument }>();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const looked = useRef("");
  const ongoing = useRef<AbortController>();
  const question = JSON.stringify([name, text]);
  const look = async () => {
    looked.current = question;
    ongoing.current?.abort();
    const left = new AbortController();
    ongoing.current = left;
    setBusy(true);
    setProblem(undefined);
    setSeen(undefined);
    try {
      const path = `/businesses/${encodeURIComponent(name)}/preview`;
      const document = await change<PreviewDocument>("POST", path, { definition: text }, left.signal);
      setSeen({ name, text, document });
    } catch (error) {
      if (left.signal.aborted) return;
      setProblem(error instanceof Problem ? error : new Problem(0, "offline", String(error), ""));
    }
    setBusy(false);
  };
  useEffect(() => () => ongoing.current?.abort(), []);
  useEffect(() => {
    if (isBusy || !isChanged || name === "" || text === "" || looked.current === question) return;
    if (kDatabase.test(text)) return;
    const timer = setTimeout(() => void look(), kPause_ms);
    return () => clearTimeout(timer);
  }, [question, isBusy, isChanged]);
  const isNew = seen !== undefined && seen.name === name && seen.text === text;
  return { look, forget: () => setSeen(undefined), isBusy, problem, document: isNew ? seen.document : undefined };
}

// Of an existing business `start` is its definition; of a new one there is none.
function Editor(props: { business?: string; start: string; done: () => void }) {
  const [name, setName] = useState(props.business ?? "");
  const [text, setText] = useState(props.start);
  const { look, forget, isBusy, problem, document } = useLook(name, text, text !== props.start);
  const [isTaken, setTaken] = useState(false);
  useEffect(() => setText(props.start), [props.start]);
  const edit = (next: string) => {
    setTaken(false);
    setText(next);
  };
  const isKnown = props.business !== undefined;
  const kind = /^kind = "mirror"/m.test(text) ? "mirror" : "archive";
  const take = async () => {
    if (isKnown) {
      await change("PATCH", `/businesses/${encodeURIComponent(name)}`, {
        before: document?.before_sha256 ?? "",
        definition: text,
      });
    } else {
      await change("POST", "/businesses", { business: name, definition: text });
    }
    forget();
    setTaken(true);
    props.done();
  };
  return (
    <>
      {!isKnown && (
        <section>
          <h2>{t("web.wizard.first")}</h2>
          <div class="line">
            <label>
              <span>{t("web.name")}</span>
              <input name="business" value={name} autocomplete="off" onInput={(event) => setName(event.currentTarget.value.trim())} />
            </label>
            <label>
              <span>{t("web.wizard.kind")}</span>
              <select name="kind" value={kind} onChange={(event) => edit(withKind(text, event.currentTarget.value))}>
                <option value="archive">{t("web.wizard.archive")}</option>
                <option value="mirror">{t("web.wizard.mirror")}</option>
              </select>
            </label>
          </div>
          <p class="quiet">{t(`web.wizard.${kind}_help`)}</p>
        </section>
      )}
      <section>
        <h2>{t("web.wizard.second")}</h2>
        <SourceForm add={(block) => edit((text === "" || text.endsWith("\n") ? text : `${text}\n`) + block)} />
        <ScheduleForm text={text} change={edit} />
        <label>
          <span>{t("web.wizard.text")}</span>
          <textarea name="definition" rows={14} spellcheck={false} value={text} onInput={(event) => edit(event.currentTarget.value)} />
        </label>
      </section>
      <section>
        <h2>{t("web.wizard.third")}</h2>
        <p class="quiet">{t("web.wizard.look_help")}</p>
        <button
          type="button"
          disabled={isBusy || name === "" || text === ""}
          onClick={() => {
            setTaken(false);
            void look();
          }}
        >
          {t(isBusy ? "web.wizard.looking" : "web.wizard.look")}
        </button>
        <div aria-live="polite" aria-busy={isBusy}>
          <Failure problem={problem} />
          {document && <Previews of={document} />}
          {isTaken && <p class="good">{t("web.wizard.taken", { name })}</p>}
        </div>
      </section>
      {document && (
        <section>
          <h2>{t("web.wizard.fourth")}</h2>
          {document.before !== null && <Diff before={document.before} after={document.definition} />}
          {document.before !== document.definition && (
            <Action label={t(isKnown ? "web.wizard.take" : "web.wizard.make", { name })} run={take} />
          )}
        </section>
      )}
    </>
  );
}

function Shelf(props: { of: Business }) {
  const { of } = props;
  const jobs = useGet<JobsDocument>("/jobs", {}, true);
  const trigger = jobs.value?.triggers.find((each) => each.business === of.name);
  return (
    <>
      <Facts
        of={[
          [t("web.wizard.kind"), t(`web.wizard.${of.kind}`)],
          [t("web.snapshots"), count(of.snapshots)],
          [t("web.wizard.newest"), of.newest ? time(of.newest.time) : "–"],
          [t("web.items"), of.newest ? count(of.newest.items) : "–"],
          [t("web.size"), of.newest ? size(of.newest.bytes) : "–"],
          [t("web.wizard.locks"), of.locks.map((lock) => t("web.wizard.lock", { class: lock.class, days: lock.days })).join("\n")],
          ...(trigger ? [[t("web.wizard.trigger"), `${trigger.path ?? "–"} · ${triggerState(trigger)}`] as [string, string]] : []),
        ]}
      />
      <Table
        caption={t("web.wizard.sources")}
        rows={of.sources}
        columns={[
          { title: t("web.name"), cell: (row) => row.name },
          { title: t("web.wizard.type"), cell: (row) => t(`web.wizard.type_${row.type ?? "directory"}`) },
          { title: t("web.wizard.place"), cell: (row) => row.path ?? row.server ?? "" },
        ]}
      />
    </>
  );
}

// How old what is safe of its sources is; of all businesses if none is named.
function Ages(props: { business?: string }) {
  const loaded = useGet<StatusDocument>("/status", {}, true);
  const businesses = loaded.value?.box?.businesses ?? [];
  const shown = businesses.filter(({ name }) => props.business === undefined || name === props.business);
  if (shown.length === 0) return null;
  return (
    <>
      <SourceAges of={shown} />
      <p class="quiet">{t("web.wizard.age_help")}</p>
    </>
  );
}

function One(props: { business: string }) {
  const loaded = useGet<Business>(`/businesses/${encodeURIComponent(props.business)}`);
  const mayRule = useRight("rule");
  return (
    <>
      <p>
        <a href={link("businesses")}>{t("web.wizard.all")}</a>
      </p>
      <Shown of={loaded}>
        {(business) => (
          <>
            <Shelf of={business} />
            <Ages business={business.name} />
            {mayRule ? (
              <Editor business={business.name} start={business.definition} done={loaded.again} />
            ) : (
              <pre tabIndex={0}>{business.definition}</pre>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function All() {
  const loaded = useGet<{ businesses: { name: string; id: string }[] }>("/businesses");
  const mayHear = useRight("hear");
  const mayRule = useRight("rule");
  return (
    <>
      <Shown of={loaded}>
        {({ businesses }) => (
          <Table
            caption={t("web.businesses")}
            rows={businesses}
            columns={[
              {
                title: t("web.name"),
                cell: (row) => (mayHear ? <a href={link("businesses", { business: row.name })}>{row.name}</a> : row.name),
              },
              { title: t("web.wizard.id"), cell: (row) => <code>{row.id}</code> },
            ]}
          />
        )}
      </Shown>
      <Ages />
      {mayRule && (
        <p>
          <a href={link("businesses", { step: "new" })}>{t("web.wizard.new")}</a>
        </p>
      )}
    </>
  );
}

export function BusinessesPage() {
  const { query } = useRoute();
  const mayRule = useRight("rule");
  if (query["business"] !== undefined) return <One key={query["business"]} business={query["business"]} />;
  if (query["step"] === "new" && mayRule) return <Editor start="" done={() => go("businesses")} />;
  return <All />;
}
