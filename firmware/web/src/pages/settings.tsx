// SPDX-License-Identifier: Apache-2.0
// How the box is set up: how it is reached, its language, its time, its keys, its own file, and all of it as one file to take away.
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { change, get, Problem, useGet } from "../api";
import { time } from "../format";
import { Action, Facts, Failure, Field, Shown, Table, useForm, useRight } from "../parts";
import { t, tOr } from "../words";
import type { StatusDocument } from "./status";

interface TimeDocument {
  trusted: string | null;
  clock: string;
  confirmations: { time: string; clock: string; by: string[] }[];
}

function TimeSettings() {
  const loaded = useGet<TimeDocument>("/time");
  const mayRule = useRight("rule");
  const form = useForm(async ({ at, first, second }) => {
    const moment = new Date(at ?? "");
    if (Number.isNaN(moment.getTime())) throw new Problem(400, "time", t("web.settings.no_time"), "");
    await change("POST", "/time/confirmations", { at: `${moment.toISOString().slice(0, 19)}Z`, by: [first, second] });
    loaded.again();
  });
  return (
    <section>
      <h2>{t("web.settings.time")}</h2>
      <p class="quiet">{t("web.settings.time_help")}</p>
      <Shown of={loaded}>
        {(times) => (
          <>
            <Facts
              of={[
                [t("web.settings.clock"), time(times.clock)],
                [t("web.settings.trusted"), time(times.trusted)],
              ]}
            />
            <Table
              caption={t("web.settings.confirmations")}
              rows={[...times.confirmations].reverse()}
              columns={[
                { title: t("web.settings.confirmed"), cell: (row) => time(row.time) },
                { title: t("web.settings.clock"), cell: (row) => time(row.clock) },
                { title: t("web.settings.by"), cell: (row) => row.by.join(", ") },
              ]}
            />
          </>
        )}
      </Shown>
      {mayRule && (
        <form class="line" onSubmit={form.submit}>
          <Field label={t("web.settings.at")} name="at" type="datetime-local" isRequired />
          <Field label={t("web.settings.first_person")} name="first" isRequired />
          <Field label={t("web.settings.second_person")} name="second" isRequired />
          <button>{t("web.settings.confirm")}</button>
        </form>
      )}
      <Failure problem={form.problem} />
    </section>
  );
}

interface Slot {
  number: number;
  type: string;
  made: string | null;
  set: number | null;
  shares_needed: number | null;
  shares_made: number | null;
}

interface ApplianceDocument {
  name: string;
  language: string | null;
  zone: string;
  names: string[];
  listen: { address: string; open: boolean; complaint: string | null }[];
  certificate: { fingerprint: string; not_after: string; names: string[] } | null;
}

// As browsers show it.
function Fingerprint(props: { of: string }) {
  const bytes = props.of.toUpperCase().match(/../g) ?? [];
  return (
    <code>
      {bytes.map((byte, place) => (
        <Fragment key={place}>
          {place > 0 && (
            <>
              :<wbr />
            </>
          )}
          {byte}
        </Fragment>
      ))}
    </code>
  );
}

function Network() {
  const loaded = useGet<ApplianceDocument>("/appliance", {}, true);
  return (
    <section>
      <h2>{t("web.settings.network")}</h2>
      <p class="quiet">{t("web.settings.network_help")}</p>
      <Shown of={loaded}>
        {({ name, language, zone, names, listen, certificate }) => (
          <>
            <Facts
              of={[
                [t("web.name"), name || "–"],
                [t("web.settings.language"), language ?? t("web.settings.language_none"), t("web.settings.language_help")],
                [t("web.settings.zone"), zone],
                [t("web.settings.names"), names.join("\n") || "–"],
              ]}
            />
            <Table
              caption={t("web.settings.listens")}
              rows={listen}
              columns={[
                { title: t("web.settings.listens"), cell: (row) => <code>{row.address}</code> },
                {
                  title: t("web.condition"),
                  cell: (row) => <span class={row.open ? "good" : "bad"}>{row.open ? t("web.settings.open") : row.complaint}</span>,
                },
              ]}
            />
            <h3>{t("web.settings.certificate")}</h3>
            {certificate === null ? (
              <p class="quiet">–</p>
            ) : (
              <Facts
                of={[
                  [t("web.settings.fingerprint"), <Fingerprint of={certificate.fingerprint} />],
                  [t("web.settings.until"), time(certificate.not_after)],
                  [t("web.settings.certificate_names"), certificate.names.join("\n")],
                ]}
              />
            )}
          </>
        )}
      </Shown>
    </section>
  );
}

// Who must be there for a new box, and what they type.
function KitSteps(props: { slot: Slot }) {
  const { type, set, shares_needed, shares_made } = props.slot;
  if (type === "passphrase") return <li>{t("web.settings.kit_passphrase")}</li>;
  if (type !== "recovery") return null;
  return <li>{t("web.settings.kit_shares", { set: set ?? "?", needed: shares_needed ?? "?", made: shares_made ?? "?" })}</li>;
}

// By what a new box opens the disks once this one is lost.
const kWayLooks = { kit: "good", kit_by_passphrase: "warning", no_kit: "failure" };

function wayIn(slots: Slot[]): keyof typeof kWayLooks {
  const has = (type: string) => slots.some((slot) => slot.type === type);
  if (has("recovery")) return "kit";
  return has("passphrase") ? "kit_by_passphrase" : "no_kit";
}

function Keys() {
  const loaded = useGet<{ slots: Slot[] }>("/keys");
  return (
    <section>
      <h2>{t("web.settings.keys")}</h2>
      <Shown of={loaded}>
        {({ slots }) => {
          const way = wayIn(slots);
          return (
            <>
              <p class={kWayLooks[way]}>{t(`web.settings.${way}`)}</p>
              <ul>
                {slots.map((slot) => (
                  <KitSteps key={slot.number} slot={slot} />
                ))}
              </ul>
              <p class="quiet">{t("web.settings.slot_help")}</p>
              <Table
                caption={t("web.settings.slots")}
                rows={slots}
                columns={[
                  { title: "N", isNumber: true, cell: (slot) => slot.number },
                  { title: t("web.wizard.type"), cell: (slot) => tOr(`web.slot.${slot.type}`, slot.type) },
                  { title: t("web.accounts.made"), cell: (slot) => (slot.made ? time(slot.made) : "–") },
                  {
                    title: t("web.settings.shares"),
                    cell: (slot) =>
                      slot.shares_made === null
                        ? "–"
                        : t("web.settings.shares_of", { needed: slot.shares_needed ?? "?", made: slot.shares_made, set: slot.set ?? "?" }),
                  },
                ]}
              />
            </>
          );
        }}
      </Shown>
    </section>
  );
}

interface OwnFile {
  text: string | null;
}

function BoxFile() {
  const file = useGet<OwnFile>("/appliance-file");
  const status = useGet<StatusDocument>("/status", {}, true);
  return (
    <section>
      <h2>{t("web.settings.file")}</h2>
      <p class="quiet">{t("web.settings.file_help")}</p>
      <Shown of={status}>
        {({ complaints }) =>
          complaints.length === 0 ? (
            <p class="good">{t("web.settings.file_good")}</p>
          ) : (
            <ul>
              {complaints.map((complaint) => (
                <li key={complaint} class="attention">
                  {complaint}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <Shown of={file}>
        {({ text }) => (text === null ? <p class="quiet">{t("web.settings.file_none")}</p> : <pre tabIndex={0}>{text}</pre>)}
      </Shown>
    </section>
  );
}

// No key and no password is in any of it: those stand in files of their own.
async function everything(): Promise<Blob> {
  const { businesses } = await get<{ businesses: { name: string }[] }>("/businesses");
  const { text } = await get<OwnFile>("/appliance-file");
  const definitions: Record<string, string> = {};
  for (const { name } of businesses) {
    const shown = await get<{ definition: string }>(`/businesses/${encodeURIComponent(name)}`);
    definitions[name] = shown.definition;
  }
  const document = { schema: 1, "appliance.toml": text, businesses: definitions };
  return new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: "application/json" });
}

function Export() {
  const [address, setAddress] = useState<string>();
  return (
    <section>
      <h2>{t("web.settings.export")}</h2>
      <p class="quiet">{t("web.settings.export_help")}</p>
      <Action
        label={t("web.settings.gather")}
        run={async () => {
          if (address !== undefined) URL.revokeObjectURL(address);
          setAddress(URL.createObjectURL(await everything()));
        }}
      />
      {address !== undefined && (
        <a href={address} download="holdfast-configuration.json">
          {t("web.settings.save")}
        </a>
      )}
    </section>
  );
}

export function SettingsPage() {
  const mayRule = useRight("rule");
  return (
    <>
      <Network />
      <TimeSettings />
      {mayRule && <Keys />}
      {mayRule && <BoxFile />}
      {mayRule && <Export />}
    </>
  );
}
