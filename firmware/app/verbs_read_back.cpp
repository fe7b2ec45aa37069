// SPDX-License-Identifier: Apache-2.0
// pool read-back: how many new shards are read back before they count.
#include <charconv>

#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/vault/read_back_note.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kOff = "off";

Result<std::uint32_t> parse_percent(Session& session, const std::string& word) {
  if (word == kOff) return std::uint32_t{0};
  std::uint32_t percent = 0;
  const char* end = word.data() + word.size();
  const auto [rest, failure] = std::from_chars(word.data(), end, percent);
  const bool is_right =
      failure == std::errc{} && rest == end && percent <= vault::kReadBackPercentMax;
  if (is_right) return percent;
  return make_error(ErrorCode::invalid_argument, word,
                    {{"what", session.text("cli.read_back.bad"), true}});
}

}  // namespace

Result<ExitCode> run_pool_read_back(Session& session, const PoolReadBackOptions& options) {
  std::optional<std::uint32_t> chosen;
  if (!options.percent.empty()) {
    session.begin_writing(options.dry_run);
    HF_TRY(chosen, parse_percent(session, options.percent));
  }
  HF_TRY(vault::Box * box, session.box());
  ports::Disk& home = box->ports().home;
  if (chosen && !options.dry_run) {
    HF_TRY(const auto lock, box->lock("read-back"));
    HF_TRY(vault::store_read_back_percent(home, *chosen));
    session.set_committed();
  }
  const std::uint32_t percent = chosen.value_or(vault::load_read_back_percent(home));
  if (session.wants_json()) {
    session.json().field("read_back_percent", std::uint64_t{percent});
    if (chosen) session.write_committed();
    return ExitCode::done;
  }
  session.say(percent == 0 ? "cli.read_back.off" : "cli.read_back.percent",
              {{"percent", std::to_string(percent)}});
  return ExitCode::done;
}

}  // namespace holdfast::app
