// SPDX-License-Identifier: Apache-2.0
// The two legs of a call that was recorded in stereo: both, or one of them in both ears. Until
// somebody chooses one, nothing stands between the player and the ears.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../words";

export type Leg = "both" | "left" | "right";
const kLegs: Leg[] = ["both", "left", "right"];

interface Graph {
  context: AudioContext;
  source: MediaElementAudioSourceNode;
  splitter: ChannelSplitterNode;
}

// What a player plays goes through it for as long as there is the player.
function graphOf(player: HTMLAudioElement): Graph {
  const context = new AudioContext();
  return { context, source: context.createMediaElementSource(player), splitter: context.createChannelSplitter(2) };
}

function connect(graph: Graph, leg: Leg) {
  const { context, source, splitter } = graph;
  source.disconnect();
  splitter.disconnect();
  if (leg === "both") {
    source.connect(context.destination);
  } else {
    source.connect(splitter);
    splitter.connect(context.destination, leg === "left" ? 0 : 1); // one channel goes to both ears
  }
}

export function useLegs(player: { current: HTMLAudioElement | null }): [Leg, (leg: Leg) => void] {
  const [leg, setLeg] = useState<Leg>("both");
  const graph = useRef<Graph>();
  useEffect(() => () => void graph.current?.context.close(), []);
  const choose = (next: Leg) => {
    if (!player.current) return;
    graph.current ??= graphOf(player.current);
    connect(graph.current, next);
    void graph.current.context.resume();
    setLeg(next);
  };
  return [leg, choose];
}

export function Legs(props: { leg: Leg; choose: (leg: Leg) => void }) {
  const name = useId(); // one recording may belong to several calls of the page
  return (
    <fieldset class="legs">
      <legend>{t("web.calls.legs")}</legend>
      {kLegs.map((leg) => (
        <label key={leg}>
          <input type="radio" name={name} value={leg} checked={leg === props.leg} onChange={() => props.choose(leg)} />
          {t(`web.calls.leg_${leg}`)}
        </label>
      ))}
    </fieldset>
  );
}
