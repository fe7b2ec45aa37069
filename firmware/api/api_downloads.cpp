// SPDX-License-Identifier: Apache-2.0
// Reports as files: what the verb prints, with the rights and the lines in the audit log that the
// verb has.
#include <utility>

#include "firmware/api/api.h"
#include "firmware/api/verb_problem.h"

namespace holdfast::api {

namespace {

constexpr std::string_view kCsv = "text/csv; charset=utf-8";

}  // namespace

void Api::send_download(Exchange& exchange, const Visit& visit, const Values& values,
                        const Download& download) {
  const auto words = words_of(download.verb, values);
  if (!words) {
    return exchange.send_problem(400, words.error().arguments.front().value, words.error().where);
  }
  ports::HttpFields fields = safe_fields();
  fields.emplace_back("Content-Type", download.type);
  fields.emplace_back("Content-Disposition",
                      "attachment; filename=\"" + std::string(download.name) + "\"");
  bool has_begun = false;
  const auto exit_code =
      verbs_.stream(*words, visit.actor, exchange.language(), [&](ByteView bytes) -> Result<void> {
        if (!std::exchange(has_begun, true)) {
          HF_TRY(exchange.answer().begin(200, fields, std::nullopt));
        }
        return exchange.answer().write(bytes);
      });
  const bool is_whole = exit_code && has_document(*exit_code);
  if (has_begun && !is_whole) return exchange.answer().fail();
  if (has_begun) return;
  if (is_whole) return exchange.send(200, download.type, {});
  exchange.send_problem(exit_code ? problem_of(VerbAnswer{*exit_code, {}}, exchange.language())
                                  : problem_of(exit_code.error(), exchange.language()));
}

void Api::export_reconciliation(Exchange& exchange, const Visit& visit, const Values& values) {
  const auto csv = value_of(values, "csv");
  if (csv && *csv != "true" && *csv != "false") {
    return exchange.send_problem(400, "value_bytes", "csv");
  }
  Values rest = values;
  std::erase_if(rest, [](const auto& each) { return each.first == "csv"; });
  if (csv == "true") {
    return send_download(exchange, visit, rest,
                         {.verb = "record reconcile --csv -- {business} {snapshot?}",
                          .name = "reconciliation.csv",
                          .type = kCsv});
  }
  send_download(exchange, visit, rest,
                {.verb = "record reconcile --html -- {business} {snapshot?}",
                 .name = "reconciliation.html",
                 .type = "text/html; charset=utf-8"});
}

// Numbers of each day, and no names: whoever may see the box may print it.
void Api::export_drills(Exchange& exchange, const Visit& visit, const Values& values) {
  send_download(exchange, visit, values,
                {.verb = "drill --report={month} --html -- {business}",
                 .name = "drills.html",
                 .type = "text/html; charset=utf-8"});
}

void Api::export_statistics(Exchange& exchange, const Visit& visit, const Values& values) {
  send_download(exchange, visit, values,
                {.verb = "record statistics --csv --from={from?} --to={to?} -- {business}",
                 .name = "statistics.csv",
                 .type = kCsv});
}

}  // namespace holdfast::api
