// SPDX-License-Identifier: Apache-2.0
// What the verdict on a source with rows is, and all that made it so.
import { count, span } from "../format";
import { t, tOr } from "../words";

export interface Judged {
  verdict: string;
  warnings: Record<string, number>;
  failures: Record<string, number>;
  suggestions: Record<string, number>;
  columns: { change: string; what: string; items: number }[];
  completeness: { until: string; days: number; findings: { kind: string; what: string; count: number; usual?: number }[] } | null;
  pairs?: Pair[];
}

// A row and a recording that are not bound, and likely belong together.
interface Pair {
  item: string;
  row: number;
  recording: string;
  reason: string;
  start_difference_ms?: number;
  duration_difference_ms?: number;
}

const kPairsShown = 100;
const kOfSource = "column_drift";

// Of a class that reached its threshold, or of what the source did not give.
function verdictText(about: "warning" | "failure", name: string, number: number): string {
  const isOfSource = name === kOfSource || tOr(`cli.incomplete.${name}`, "") !== "";
  return t(`cli.${isOfSource ? "incomplete_verdict" : "records"}.${about}`, { class: tOr(`cli.class.${name}`, name), count: count(number) });
}

function pairText(of: Pair): string {
  const { item, row, recording, start_difference_ms: start, duration_difference_ms: duration } = of;
  const differenceText = (ms?: number) => (ms === undefined ? "?" : span(Math.abs(ms) / 1000));
  const reason = tOr(`cli.suggested.${of.reason}`, of.reason, { start: differenceText(start), duration: differenceText(duration) });
  return t("cli.suggestions.pair", { item, row, recording, reason });
}

export function Why(props: { of: Judged }) {
  const { verdict, warnings, failures, columns, completeness } = props.of;
  const lines: [string, string][] = [
    ...Object.entries(failures).map(([name, number]): [string, string] => ["danger", verdictText("failure", name, number)]),
    ...Object.entries(warnings).map(([name, number]): [string, string] => ["attention", verdictText("warning", name, number)]),
    ...(completeness?.findings ?? []).map((each): [string, string] => [
      "",
      tOr(`cli.incomplete.${each.kind}`, each.kind, { what: each.what, count: count(each.count), usual: count(each.usual ?? 0) }),
    ]),
    ...columns.map((each): [string, string] => ["", tOr(`cli.columns.${each.change}`, each.change, { what: each.what, count: count(each.items) })]),
  ];
  return (
    <>
      <p>
        <strong>{tOr(`cli.page_verdict.${verdict}`, verdict)}</strong>
      </p>
      <ul>
        {lines.map(([level, text]) => (
          <li key={text} class={level}>
            {text}
          </li>
        ))}
      </ul>
      {completeness !== null && (
        <p class="quiet">{t(completeness.findings.length === 0 ? "web.verification.judged_good" : "web.verification.judged", { until: completeness.until })}</p>
      )}
      <Pairs of={props.of} />
    </>
  );
}

function Pairs(props: { of: Judged }) {
  const { suggestions, pairs = [] } = props.of;
  const { left_out = 0, ...kinds } = suggestions;
  const all = Object.values(kinds).reduce((sum, each) => sum + each, 0);
  if (all + left_out === 0) return null;
  return (
    <details>
      <summary>{t("cli.suggestions.count", { count: count(all) })}</summary>
      <ul>
        {pairs.slice(0, kPairsShown).map((pair) => (
          <li key={`${pair.item} ${pair.row} ${pair.recording}`}>{pairText(pair)}</li>
        ))}
      </ul>
      {all > Math.min(pairs.length, kPairsShown) && <p class="quiet">{t("web.verification.more_pairs", { count: count(all - Math.min(pairs.length, kPairsShown)) })}</p>}
      {left_out > 0 && <p class="quiet">{t("cli.suggestions.left_out", { count: count(left_out) })}</p>}
    </details>
  );
}
