// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/schedule_config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "firmware/policy/schedule_outlook.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using policy::Schedule;

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kMinute_ns = 60 * kSecond_ns;
constexpr std::int64_t kDurationMax_ns = 366LL * 24 * 60 * kMinute_ns;
constexpr std::uint32_t kCommandMax_s = 86'400;

constexpr std::string_view kBackup = "daily 01:30";
constexpr std::string_view kDrill = "daily 05:00";
// Of a hot business, so that packs of its many runs are put together.
constexpr std::string_view kPacks = "daily 04:00";
constexpr std::string_view kNever = "never";
constexpr std::string_view kEvery = "every ";
// Of the backup that nobody wrote: a day, and time for it to end.
constexpr std::int64_t kRpo_ns = 26 * 60 * kMinute_ns;
// Of what is new at a hot source: a file that nobody closes is read after 15 minutes, and a large
// folder is left to a backup of everything after 10. At least the minute that is promised, and the
// one until somebody looks.
constexpr std::int64_t kHotRpo_ns = 30 * kMinute_ns;
constexpr std::int64_t kHotRpoMin_ns = 2 * kMinute_ns;

const std::vector<std::string> kKeys = {"backup", "drill",        "verify", "prune", "window",
                                        "rate",   "rate_outside", "rpo",    "mode",  "pre",
                                        "post",   "trigger_file", "hot_rpo"};
const std::vector<std::string> kCommandKeys = {"command", "timeout_seconds"};

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

// What is wrong with a text, and where in it.
Error bad_times(const TomlReader& reader, TomlLine line, std::string_view key,
                std::string_view text, const policy::CalendarError& error) {
  const messages::Arguments arguments = {
      {"found", std::string(text.substr(error.offset, error.size))},
      {"place", std::to_string(characters_in(text.substr(0, error.offset)) + 1)},
      {"least", std::to_string(error.least)},
      {"most", std::to_string(error.most)}};
  const std::string fault = "cli.calendar." + std::string(name_of(error.fault));
  return reader.error(line, "cli.config.bad_times",
                      {{"key", std::string(key)},
                       {"text", std::string(text)},
                       {"what", messages::render(reader.language(), fault, arguments), true}});
}

Result<void> require(const TomlReader& reader, const TomlTable& table, std::string_view key) {
  if (table.get(key) != nullptr) return {};
  return reader.error(table.line, "cli.config.no_key", {{"key", std::string(key)}});
}

Result<void> read_spans(const TomlReader& reader, const TomlTable& table, policy::Window& out) {
  const TomlNode& node = *table.get("window");
  std::vector<std::pair<TomlLine, std::string>> texts;
  if (const auto* text = node.as<std::string>()) texts.emplace_back(node.line(), *text);
  if (const auto* array = node.as<TomlArray>()) {
    for (const TomlNode& element : *array) {
      const auto* text = element.as<std::string>();
      if (text == nullptr) return reader.bad_value(element, "window", "[\"…\", \"…\"]");
      texts.emplace_back(element.line(), *text);
    }
  }
  if (texts.empty()) return reader.bad_value(node, "window", "\"Mon..Fri 22:00-06:00\", [\"…\"]");
  for (const auto& [line, text] : texts) {
    const auto span = policy::parse_span(text);
    if (!span) return bad_times(reader, line, "window", text, span.error());
    out.spans.push_back(*span);
  }
  return {};
}

Result<void> read_rate(const TomlReader& reader, const TomlTable& table, std::string_view key,
                       std::optional<std::uint64_t>& out) {
  if (table.get(key) == nullptr) return {};
  std::string text;
  HF_TRY(reader.read(table, key, text));
  out = policy::parse_rate(text);
  if (!out) return reader.bad_value(*table.get(key), key, "\"500K\", \"20M\", \"1G\"");
  return {};
}

Result<void> read_window(const TomlReader& reader, const TomlTable& table, Schedule& out) {
  policy::Window window;
  if (table.get("window") != nullptr) HF_TRY(read_spans(reader, table, window));
  HF_TRY(read_rate(reader, table, "rate", window.rate));
  HF_TRY(read_rate(reader, table, "rate_outside", window.rate_outside));
  if (window.rate_outside) HF_TRY(require(reader, table, "window"));
  if (window != policy::Window()) out.window = std::move(window);
  return {};
}

// Whoever says when backups come says too how long the business may be without one. Where files,
// programs or people ask for them, who knows how often may say so.
Result<void> read_rpo(const TomlReader& reader, const TomlTable& table, Schedule& out) {
  const bool is_backed_up =
      std::ranges::find(out.jobs, "backup", &policy::ScheduledJob::job) != out.jobs.end();
  const TomlNode* node = table.get("rpo");
  if (node == nullptr) {
    if (!is_backed_up) out.rpo_ns.reset();
    const bool is_needed = is_backed_up && table.get("backup") != nullptr;
    return is_needed ? require(reader, table, "rpo") : Result<void>();
  }
  std::string text;
  HF_TRY(reader.read(table, "rpo", text));
  out.rpo_ns = parse_duration(text);
  if (!out.rpo_ns) return reader.bad_value(*node, "rpo", "\"90min\", \"26h\", \"8d\"");
  return {};
}

Result<void> read_mode(const TomlReader& reader, const TomlTable& table, Schedule& out) {
  std::string word = "cold";
  HF_TRY(reader.read(table, "mode", word));
  if (word != "cold" && word != "hot") {
    return reader.bad_value(*table.get("mode"), "mode", "\"cold\", \"hot\"");
  }
  if (word == "hot") out.mode = policy::BackupMode::hot;
  return {};
}

// Where a window closes, what is new has to wait for it: only who says for how long is alarmed.
Result<void> read_hot_rpo(const TomlReader& reader, const TomlTable& table, Schedule& out) {
  const TomlNode* node = table.get("hot_rpo");
  const bool is_hot = out.mode == policy::BackupMode::hot;
  if (node == nullptr) {
    const bool closes = out.window && !out.window->spans.empty() && !out.window->rate_outside;
    if (is_hot && !closes) out.hot_rpo_ns = kHotRpo_ns;
    return {};
  }
  if (!is_hot) return reader.error(node->line(), "cli.config.hot_rpo_of_cold");
  std::string text;
  HF_TRY(reader.read(table, "hot_rpo", text));
  out.hot_rpo_ns = parse_duration(text);
  if (out.hot_rpo_ns.value_or(0) >= kHotRpoMin_ns) return {};
  return reader.bad_value(*node, "hot_rpo", "\"2min\", \"30min\", \"1h\"");
}

// Whoever says when it is pruned, or never, has said it of its packs too.
void add_packs(const TomlTable& table, Schedule& out) {
  if (out.mode != policy::BackupMode::hot || table.get("prune") != nullptr) return;
  out.jobs.push_back({"packs", std::string(kPacks), *policy::parse_calendar(kPacks)});
}

// As paths of sources are written.
Result<void> read_trigger(const TomlReader& reader, const TomlTable& table, Schedule& out) {
  if (table.get("trigger_file") == nullptr) return {};
  std::string text;
  HF_TRY(reader.read(table, "trigger_file", text));
  const auto path = unescape_path(text);
  const bool is_path = path && path->starts_with('/') && !path->ends_with('/') &&
                       path->find('\0') == std::string::npos;
  if (!is_path) return reader.bad_value(*table.get("trigger_file"), "trigger_file", "\"/…\"");
  out.trigger_file = *path;
  return {};
}

Result<void> read_command(const TomlReader& reader, const TomlTable& table, std::string_view key,
                          std::optional<policy::Command>& out) {
  HF_TRY(const TomlTable* inner, reader.read_table(table, key));
  if (inner == nullptr) return {};
  HF_TRY(reader.check_keys(*inner, kCommandKeys));
  HF_TRY(require(reader, *inner, "command"));
  policy::Command command;
  HF_TRY(reader.read_texts(*inner, "command", command.words));
  const auto has_nul = [](const std::string& word) { return word.find('\0') != std::string::npos; };
  if (command.words.empty() || !command.words[0].starts_with('/') ||
      std::ranges::any_of(command.words, has_nul)) {
    return reader.bad_value(*inner->get("command"), "command", "[\"/…\", \"…\"]");
  }
  HF_TRY(reader.read_number(*inner, "timeout_seconds", kCommandMax_s, command.timeout_s));
  if (command.timeout_s == 0) {
    return reader.bad_value(*inner->get("timeout_seconds"), "timeout_seconds", "1, 2, 3 …");
  }
  out = std::move(command);
  return {};
}

std::string_view name_of(policy::ScheduleFault::Kind kind) {
  using Kind = policy::ScheduleFault::Kind;
  if (kind == Kind::never_again) return "never_again";
  return kind == Kind::target_too_short ? "target_too_short" : "hot_of_never";
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
      {{"s", kSecond_ns},
       {"min", kMinute_ns},
       {"h", 60 * kMinute_ns},
       {"d", 24 * 60 * kMinute_ns}}};
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || number <= 0) return std::nullopt;
  for (const auto& [unit, unit_ns] : kUnits) {
    if (std::string_view(rest, end) != unit) continue;
    if (number > kDurationMax_ns / unit_ns) return std::nullopt;
    return number * unit_ns;
  }
  return std::nullopt;
}

Result<void> read_times(const TomlReader& reader, const TomlTable& table, std::string_view key,
                        std::string text, std::vector<policy::ScheduledJob>& out) {
  HF_TRY(reader.read(table, key, text));
  if (text == kNever) return {};
  const TomlNode* node = table.get(key);
  if (text.starts_with(kEvery)) {
    const auto interval_ns = parse_duration(std::string_view(text).substr(kEvery.size()));
    if (!interval_ns || *interval_ns < kMinute_ns) {
      return reader.bad_value(*node, key, "\"every 1min\" … \"every 366d\"");
    }
    out.push_back({std::string(key), std::move(text), policy::Interval{*interval_ns}});
    return {};
  }
  const auto calendar = policy::parse_calendar(text);
  if (!calendar) return bad_times(reader, node->line(), key, text, calendar.error());
  out.push_back({std::string(key), std::move(text), *calendar});
  return {};
}

Result<void> read_schedule(const TomlReader& reader, const TomlTable& root, Schedule& out) {
  HF_TRY(const TomlTable* found, reader.read_table(root, "schedule"));
  const TomlTable none;
  const TomlTable& table = found == nullptr ? none : *found;
  HF_TRY(reader.check_keys(table, kKeys));
  out.rpo_ns = kRpo_ns;
  HF_TRY(read_times(reader, table, "backup", std::string(kBackup), out.jobs));
  HF_TRY(read_times(reader, table, "drill", std::string(kDrill), out.jobs));
  HF_TRY(read_times(reader, table, "verify", std::string(kNever), out.jobs));
  HF_TRY(read_times(reader, table, "prune", std::string(kNever), out.jobs));
  HF_TRY(read_window(reader, table, out));
  HF_TRY(read_rpo(reader, table, out));
  HF_TRY(read_mode(reader, table, out));
  HF_TRY(read_hot_rpo(reader, table, out));
  add_packs(table, out);
  HF_TRY(read_trigger(reader, table, out));
  HF_TRY(read_command(reader, table, "pre", out.pre));
  return read_command(reader, table, "post", out.post);
}

Result<void> check_schedule(std::string_view text, const std::string& where,
                            messages::Language language, const Schedule& schedule, Timestamp now) {
  const auto fault = policy::fault_of(schedule, now);
  if (!fault) return {};
  const TomlReader reader(where, language);
  HF_TRY(const TomlTable root, reader.parse(text));
  HF_TRY(const TomlTable* found, reader.read_table(root, "schedule"));
  const TomlTable& table = found == nullptr ? root : *found;
  const TomlNode* node = table.get(fault->key);
  return reader.error(node == nullptr ? table.line : node->line(),
                      "cli.config." + std::string(name_of(fault->kind)), {{"key", fault->key}});
}

}  // namespace holdfast::app
