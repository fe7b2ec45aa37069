// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/last_run.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "firmware/vault/checked_line.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::uint64_t kSizeMax = 256;
constexpr std::uint64_t kFailedSizeMax = 64 * kKiB;
constexpr std::string_view kCheckWord = "#";  // before the check of all lines of a failed run

std::string path_of(const BusinessId& business) {
  return "runs/" + business.hex();
}

std::string failed_path_of(const BusinessId& business) {
  return path_of(business) + ".failed";
}

// All of the text as a number that fits.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

// One line: "NUMBER TIME PROBLEMS", and its check.
Result<void> note_last_run(ports::Disk& home, const BusinessId& business, const LastRun& run) {
  HF_TRY(ports::make_directories(home, "runs"));
  const std::string line = vault::checked_line(
      std::to_string(run.snapshot) + " " + run.time.rfc3339() + " " + std::to_string(run.problems));
  HF_TRY(ports::store(home, path_of(business), view_of(line)));
  auto removed = home.remove(failed_path_of(business));
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  return {};
}

Result<void> note_failed_run(ports::Disk& home, const BusinessId& business, const FailedRun& run) {
  HF_TRY(ports::make_directories(home, "runs"));
  std::string text = run.time.rfc3339() + " " + std::string(name_of(run.error.code)) + " " +
                     escape_path(run.error.where) + "\n";
  for (const ErrorArgument& argument : run.error.arguments) {
    const std::string shown = argument.is_words ? argument.value : escape_path(argument.value);
    text += argument.key + " " + escape_path(shown) + "\n";
  }
  text = vault::checked_line(text + std::string(kCheckWord));
  return ports::store(home, failed_path_of(business), view_of(text));
}

namespace {

std::optional<ErrorCode> code_of(std::string_view name) {
#define HOLDFAST_CODE(code) \
  if (name == #code) return ErrorCode::code;
  HOLDFAST_ERROR_CODES(HOLDFAST_CODE)
#undef HOLDFAST_CODE
  return std::nullopt;
}

// What stands before the next `end`, which is taken off as well. Nothing if there is none.
std::optional<std::string_view> take_until(std::string_view& text, char end) {
  const std::size_t length = text.find(end);
  if (length == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length + 1);
  return taken;
}

std::optional<ErrorArgument> parse_argument(std::string_view& text) {
  const auto key = take_until(text, ' ');
  const auto value = take_until(text, '\n');
  if (!key || !value) return std::nullopt;
  auto shown = unescape_path(*value);
  if (!shown) return std::nullopt;
  return ErrorArgument{std::string(*key), std::move(*shown), true};
}

}  // namespace

std::optional<FailedRun> load_failed_run(ports::Disk& home, const BusinessId& business) {
  const auto bytes = ports::load(home, failed_path_of(business), kFailedSizeMax);
  if (!bytes) return std::nullopt;
  std::string_view text = text_of(*bytes);
  if (!text.ends_with('\n')) return std::nullopt;
  const auto checked = vault::words_of_line(text.substr(0, text.size() - 1));
  if (!checked || !checked->ends_with("\n" + std::string(kCheckWord))) return std::nullopt;
  text = checked->substr(0, checked->size() - kCheckWord.size());
  const auto time = take_until(text, ' ');
  const auto name = take_until(text, ' ');
  const auto place = take_until(text, '\n');
  if (!time || !name || !place) return std::nullopt;
  const auto when = Timestamp::parse(*time);
  const auto code = code_of(*name);
  auto where = unescape_path(*place);
  if (!when || !code || !where) return std::nullopt;
  FailedRun run{*when, make_error(*code, std::move(*where))};
  while (!text.empty()) {
    auto argument = parse_argument(text);
    if (!argument) return std::nullopt;
    run.error.arguments.push_back(std::move(*argument));
  }
  return run;
}

bool is_failed_run(ErrorCode code) {
  return code != ErrorCode::invalid_argument && code != ErrorCode::locked &&
         code != ErrorCode::interrupted && code != ErrorCode::no_business &&
         code != ErrorCode::window_closed;
}

std::optional<LastRun> load_last_run(ports::Disk& home, const BusinessId& business) {
  const auto bytes = ports::load(home, path_of(business), kSizeMax);
  if (!bytes) return std::nullopt;
  std::string_view line = text_of(*bytes);
  if (!line.ends_with('\n')) return std::nullopt;
  line.remove_suffix(1);
  const auto checked = vault::words_of_line(line);
  if (!checked) return std::nullopt;
  line = *checked;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) return std::nullopt;
  const auto snapshot = parse_number(line.substr(0, first));
  const auto time = Timestamp::parse(line.substr(first + 1, last - first - 1));
  const auto problems = parse_number(line.substr(last + 1));
  if (!snapshot || !time || !problems) return std::nullopt;
  return LastRun{*snapshot, *time, *problems};
}

Timestamp last_backup_time(std::uint64_t snapshot, Timestamp snapshot_time,
                           const std::optional<LastRun>& run) {
  if (!run || run->snapshot != snapshot || run->problems > 0) return snapshot_time;
  return std::max(snapshot_time, run->time);
}

std::uint64_t last_problems(std::uint64_t snapshot, const std::optional<LastRun>& run) {
  return run && run->snapshot == snapshot ? run->problems : 0;
}

}  // namespace holdfast::job
