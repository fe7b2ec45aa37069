// SPDX-License-Identifier: Apache-2.0
// A recording that is heard: the reason first, then its waveform, drawn from peaks that the box
// made, and the browser's own player. What the browser cannot play it gets as PCM: known, or tried.
import { useEffect, useRef, useState } from "preact/hooks";
import { address, session, useGet } from "../api";
import { Failure, Field, fieldsOf } from "../parts";
import { useSignal } from "../signal";
import { t } from "../words";
import { Leg, Legs, useLegs } from "./legs";

interface Peaks {
  form: string;
  plain: boolean;
  cut: boolean;
  more: boolean; // bytes are left that the box did not decode
  channels: number;
  duration_ms: number;
  peaks: number[][];
}

const kParts = 800;
const kHeight = 128; // of one channel, in the units of peaks
const kStep_s = 5;
const kLeap_s = 30;
const kTryWait_ms = 3000;
const kTriesMax = 5; // one after the other, without a sound between them
const kSeekWait_ms = 200; // each seek is a decoding of its own: of held keys the last one counts

// Who hears several calls of one case need not type it again.
let lastReason = "";
let lastAccount: string | null | undefined;

// Only the same person: whoever logs in next has reasons of their own.
function reasonOf(account: string | null | undefined): string {
  if (account !== lastAccount) lastReason = "";
  lastAccount = account;
  return lastReason;
}

export function AskReason(props: { label: string; onReason: (reason: string) => void }) {
  const account = useSignal(session)?.account;
  const take = (event: Event) => {
    const reason = (fieldsOf(event)["reason"] ?? "").trim();
    if (reason === "") return;
    lastReason = reason;
    props.onReason(reason);
  };
  return (
    <form class="line" onSubmit={take}>
      <Field label={t("web.calls.reason")} name="reason" value={reasonOf(account)} isRequired />
      <button>{props.label}</button>
    </form>
  );
}

function shapeOf(peaks: number[]): string {
  const parts = peaks.length / 2;
  const up: string[] = [];
  const down: string[] = [];
  for (let part = 0; part < parts; ++part) {
    const low = peaks[2 * part] ?? 0;
    const high = peaks[2 * part + 1] ?? 0;
    up.push(`${part},${kHeight / 2 - Math.max(high, low + 1) / 2}`);
    down.unshift(`${part},${kHeight / 2 - low / 2}`);
  }
  return [...up, ...down].join(" ");
}

export function clockOf(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// Of a call with two legs the upper half is the left one.
function isHeard(channel: number, leg: Leg): boolean {
  return leg === "both" || (leg === "left") === (channel === 0);
}

function Waveform(props: { of: Peaks; at: number; leg: Leg; seek: (seconds: number) => void }) {
  const { of, at, leg } = props;
  const seconds = of.duration_ms / 1000;
  const parts = Math.max(1, (of.peaks[0]?.length ?? 0) / 2);
  const steps: Record<string, number> = {
    ArrowLeft: at - kStep_s,
    ArrowDown: at - kStep_s,
    ArrowRight: at + kStep_s,
    ArrowUp: at + kStep_s,
    PageDown: at - kLeap_s,
    PageUp: at + kLeap_s,
    Home: 0,
    End: seconds,
  };
  const onKey = (event: KeyboardEvent) => {
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    props.seek(Math.min(Math.max(to, 0), seconds));
  };
  const onClick = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    props.seek(((event.clientX - box.left) / box.width) * seconds);
  };
  return (
    <div
      class="wave"
      role="slider"
      tabIndex={0}
      aria-label={t("web.calls.place")}
      aria-valuemin={0}
      aria-valuemax={Math.round(seconds)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={t("web.calls.place_of", { at: clockOf(at), all: clockOf(seconds) })}
      onKeyDown={onKey}
      onClick={onClick}
    >
      <svg aria-hidden="true" viewBox={`0 0 ${parts} ${kHeight * of.channels}`} preserveAspectRatio="none">
        <rect class="played" width={seconds > 0 ? (parts * at) / seconds : 0} height={kHeight * of.channels} />
        {of.peaks.map((peaks, channel) => (
          <polygon key={channel} class={isHeard(channel, leg) ? "" : "unheard"} points={shapeOf(peaks)} transform={`translate(0 ${channel * kHeight})`} />
        ))}
      </svg>
    </div>
  );
}

// Whether the box gives these bytes at all: else what failed is not the form of the sound.
async function isGiven(source: string): Promise<boolean> {
  const answer = await fetch(source, { headers: { Range: "bytes=0-0" } }).catch(() => undefined);
  void answer?.body?.cancel();
  return answer?.status === 206;
}

function isForm(error: MediaError | null): boolean {
  return error?.code === MediaError.MEDIA_ERR_DECODE || error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
}

function Sound(props: { path: string; base: string; reason: string }) {
  const { path, base, reason } = props;
  const [at, setAt] = useState(0);
  const [wantsPcm, setWantsPcm] = useState(false); // this browser is not as most are
  const [isBroken, setBroken] = useState(false);
  const player = useRef<HTMLAudioElement>(null);
  const seeking = useRef<number>();
  const trying = useRef<number>();
  const tries = useRef(0);
  const goOn = useRef<{ at: number; plays: boolean }>();
  const [leg, chooseLeg] = useLegs(player);
  const loaded = useGet<Peaks>(`${base}/peaks`, { path, reason, count: String(kParts) }, false, true);
  const name = path.split("/").pop() ?? path;
  const stored = address(`${base}/content`, { path, reason });
  const peaks = loaded.value;
  // Time that passes is seen more often than the player tells it.
  useEffect(() => {
    const timer = setInterval(() => {
      if (player.current && !seeking.current) setAt(player.current.currentTime);
    }, 100);
    return () => {
      clearInterval(timer);
      clearTimeout(seeking.current);
      clearTimeout(trying.current);
    };
  }, []);
  const seek = (seconds: number) => {
    if (!player.current) return;
    clearTimeout(seeking.current);
    setAt(seconds);
    seeking.current = setTimeout(() => {
      seeking.current = undefined;
      if (player.current) player.current.currentTime = seconds;
    }, kSeekWait_ms);
  };
  const isStored = !wantsPcm && (!peaks || peaks.plain);
  const source = isStored ? stored : address(`${base}/sound`, { path, reason });
  // A box that is busy, or a line that broke, says nothing about the form: the same is tried again.
  const onError = async () => {
    const audio = player.current;
    if (!audio) return;
    goOn.current ??= { at: audio.currentTime, plays: !audio.paused };
    const isOfForm = isForm(audio.error) && (await isGiven(source));
    if (isOfForm && peaks && isStored) {
      setWantsPcm(true);
    } else if (isOfForm || ++tries.current > kTriesMax) {
      setBroken(true);
    } else {
      clearTimeout(trying.current);
      trying.current = setTimeout(() => player.current?.load(), kTryWait_ms);
    }
  };
  const onLoaded = () => {
    const audio = player.current;
    const before = goOn.current;
    goOn.current = undefined;
    if (!audio || !before) return;
    audio.currentTime = before.at;
    if (before.plays) void audio.play().catch(() => {});
  };
  const onPlaying = () => {
    tries.current = 0;
    setBroken(false);
  };
  // What the box cannot decode the browser may know: it is told so only once it has tried.
  const cannotHear = isBroken && (
    <p class="quiet" role="alert">
      {t("web.calls.cannot_play")}
    </p>
  );
  return (
    <div aria-busy={loaded.isLoading}>
      {loaded.isLoading && !peaks && <p class="quiet">{t("web.loading")}</p>}
      {loaded.problem?.code === "no_sound" ? <p class="quiet">{loaded.problem.message}</p> : <Failure problem={loaded.problem} />}
      {peaks && <Waveform of={peaks} at={at} leg={leg} seek={seek} />}
      {(peaks || loaded.problem?.code === "no_sound") && (
        <audio
          ref={player}
          controls
          preload="metadata"
          src={source}
          onError={() => void onError()}
          onLoadedMetadata={onLoaded}
          onPlaying={onPlaying}
          aria-label={name}
        />
      )}
      {peaks?.channels === 2 && <Legs leg={leg} choose={chooseLeg} />}
      {peaks?.cut && <p class="warning">{t("web.calls.cut")}</p>}
      {peaks?.more && <p class="warning">{t("web.calls.left_out")}</p>}
      {cannotHear}
      <p class="quiet">
        {peaks && `${peaks.form} · ${clockOf(peaks.duration_ms / 1000)} · `}
        <a href={stored} download={name}>
          {t("web.calls.download")}
        </a>
      </p>
    </div>
  );
}

export function Player(props: { business: string; path: string }) {
  const asks = useSignal(session)?.asks_reason ?? true;
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState<string | null>(asks ? null : "");
  return (
    <figure>
      <figcaption>{props.path}</figcaption>
      {!isOpen && (
        <button type="button" onClick={() => setOpen(true)}>
          {t("web.calls.listen")}
        </button>
      )}
      {isOpen && reason === null && <AskReason label={t("web.calls.listen")} onReason={setReason} />}
      {isOpen && reason !== null && (
        <Sound path={props.path} base={`/businesses/${encodeURIComponent(props.business)}`} reason={reason} />
      )}
    </figure>
  );
}
