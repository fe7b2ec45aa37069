// SPDX-License-Identifier: Apache-2.0
// Two texts, line by line: what a change takes away and what it puts in its place.
import { t } from "./words";

interface Line {
  sign: " " | "-" | "+";
  text: string;
}

// By the longest common run of lines, for texts of some hundred lines.
export function linesOf(before: string, after: string): Line[] {
  const left = before.split("\n");
  const right = after.split("\n");
  // common[i][j]: length of the longest common run of left from i on and right from j on
  const common = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; --i) {
    for (let j = right.length - 1; j >= 0; --j) {
      common[i]![j] =
        left[i] === right[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push({ sign: " ", text: left[i]! });
      ++i;
      ++j;
    } else if (j === right.length || (i < left.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push({ sign: "-", text: left[i++]! });
    } else {
      lines.push({ sign: "+", text: right[j++]! });
    }
  }
  return lines;
}

const kContext = 3; // lines around each change

// Which of them stand near a change.
function isNear(lines: Line[]): boolean[] {
  const near = lines.map(() => false);
  lines.forEach((line, place) => {
    if (line.sign !== " ") near.fill(true, Math.max(0, place - kContext), place + kContext + 1);
  });
  return near;
}

export function Diff(props: { before: string; after: string }) {
  if (props.before === props.after) return <p class="quiet">{t("web.diff.same")}</p>;
  const lines = linesOf(props.before, props.after);
  const near = isNear(lines);
  return (
    <pre class="diff" tabIndex={0} role="region" aria-label={t("web.diff.title")}>
      {lines.map((line, place) => {
        if (!near[place]) return place > 0 && !near[place - 1] ? null : "…\n";
        const text = `${line.sign} ${line.text}\n`;
        if (line.sign === "-") return <del key={place}>{text}</del>;
        if (line.sign === "+") return <ins key={place}>{text}</ins>;
        return text;
      })}
    </pre>
  );
}
