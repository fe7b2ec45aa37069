// SPDX-License-Identifier: Apache-2.0
// What is mounted and no member: the disk that was just plugged in is among them.
import { useEffect } from "preact/hooks";
import { useGet } from "../api";
import { size } from "../format";
import { Shown } from "../parts";
import { t } from "../words";
import { type BayPlace, type Hardware, hardwareText } from "./bays";

// One mount that may become a disk of the pool, or why it may not.
interface Candidate {
  path: string;
  bytes_total: number; // 0: not looked at
  bytes_free: number;
  disks: Hardware[];
  refused: { code: string; what: string; hint: string } | null;
  belongs_to: string | null;
}

interface CandidateList {
  candidates: Candidate[];
  unmounted: Hardware[];
}

const kSaidAll = "denied"; // whose hint is of all that is not allowed

// Of one kind "radio" one is chosen, of "checkbox" as many as are wanted.
type Kind = "radio" | "checkbox";

function CandidateLine(props: { of: Candidate; kind: Kind; bay?: number | null; isChosen: boolean; choose: (folder: string) => void }) {
  const { path, bytes_free, bytes_total, disks, refused, belongs_to } = props.of;
  return (
    <label class={refused ? "quiet" : ""}>
      <input
        type={props.kind}
        name="candidate"
        value={path}
        checked={props.isChosen}
        disabled={refused !== null}
        onChange={() => props.choose(path)}
      />{" "}
      <span>
        <strong>
          {props.bay != null && `${t("web.disks.bay", { number: props.bay })}: `}
          {path}
        </strong>{" "}
        {bytes_total > 0 && ` · ${t("web.disks.free_of", { free: size(bytes_free), total: size(bytes_total) })}`}
        {disks.map((disk) => ` · ${hardwareText(disk)}`)}
        {refused !== null && (
          <>
            <br />
            {refused.what}. {refused.code !== kSaidAll && refused.hint} {belongs_to !== null && <code>{belongs_to.slice(0, 8)}</code>}
          </>
        )}
      </span>
    </label>
  );
}

// `offered` hears of each answer which folders can be taken.
export function Candidates(props: {
  kind: Kind;
  replaced?: string;
  places: BayPlace[];
  chosen: string[];
  choose: (folder: string) => void;
  offered?: (usable: string[]) => void;
}) {
  const loaded = useGet<CandidateList>("/pool/candidates", props.replaced ? { replace: props.replaced } : {});
  useEffect(() => {
    const usable = loaded.value?.candidates.filter(({ refused }) => refused === null);
    if (usable !== undefined) props.offered?.(usable.map(({ path }) => path));
  }, [loaded.value]);
  return (
    <Shown of={loaded}>
      {(list) => (
        <fieldset class="candidates">
          <legend>{t("web.disk_change.candidates")}</legend>
          {list.candidates.length === 0 && <p class="quiet">{t("cli.candidates.none")}</p>}
          {list.candidates.map((each) => (
            <CandidateLine
              key={each.path}
              of={each}
              kind={props.kind}
              bay={props.places.find((bay) => bay.path === each.path)?.number}
              isChosen={props.chosen.includes(each.path)}
              choose={props.choose}
            />
          ))}
          {list.unmounted.map((disk) => (
            <p key={disk.name} class="quiet">
              {t("cli.candidates.unmounted", { disk: hardwareText(disk), size: size(disk.bytes) })}
            </p>
          ))}
          <button type="button" disabled={loaded.isLoading} onClick={loaded.again}>
            {t("web.disk_change.look_again")}
          </button>
        </fieldset>
      )}
    </Shown>
  );
}
