// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_config.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "firmware/app/schedule_config.h"
#include "firmware/app/toml_table.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kNameSizeMax = 64;
constexpr std::size_t kHostSizeMax = 253;
constexpr std::size_t kLabelSizeMax = 63;
constexpr std::size_t kFolderSizeMax = 1024;
constexpr std::uint64_t kSettingsSizeMax = 1 << 20;
constexpr std::uint32_t kRunningMax = 16;
constexpr std::uint32_t kAwayHoursMax = 8760;
constexpr std::uint32_t kScrubDaysMax = 365;
constexpr std::uint32_t kBayLinesMax = 60;  // rows, or columns
constexpr std::uint32_t kBaysMax = 256;
constexpr std::string_view kTend = "daily 03:00";
constexpr std::size_t kExportFoldersMax = 16;

const std::vector<std::string> kTopKeys = {"name",  "language",       "zone",       "tend",
                                           "jobs",  "away_hours",     "scrub_days", "http",
                                           "calls", "export_folders", "bays"};
const std::vector<std::string> kCallKeys = {"masked", "reason"};
const std::vector<std::string> kBayKeys = {"rows", "columns", "first", "order", "places"};
const std::vector<std::string> kHttpKeys = {"listen", "names"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Nothing if it is not all of the text, or above `most`.
std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t most) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || rest != end || number > most) return std::nullopt;
  return number;
}

bool is_ipv4(std::string_view text) {
  if (text.ends_with('.')) return false;
  for (int part = 0; part < 4; ++part) {
    const std::string_view digits = text.substr(0, text.find('.'));
    const bool has_zeros = digits.size() > 1 && digits[0] == '0';
    if (has_zeros || !number_of(digits, 255)) return false;
    text.remove_prefix(std::min(text.size(), digits.size() + 1));
  }
  return text.empty();
}

// Of these letters only: whoever listens knows the rest of the form.
bool has_ipv6_letters(std::string_view text) {
  return std::ranges::count(text, ':') >= 2 && std::ranges::all_of(text, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                  c == '.';
         });
}

// "127.0.0.1:8443", "[::1]:8443".
std::optional<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number_of(text.substr(colon + 1), 65'535);
  std::string_view address = text.substr(0, colon);
  if (!port || *port == 0) return std::nullopt;
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
    if (!has_ipv6_letters(address)) return std::nullopt;
  } else if (!is_ipv4(address)) {
    return std::nullopt;
  }
  return ListenAddress{std::string(address), static_cast<std::uint16_t>(*port)};
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostSizeMax) return false;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    const bool is_good =
        !label.empty() && label.size() <= kLabelSizeMax && label[0] != '-' && label.back() != '-' &&
        std::ranges::all_of(label, [](char c) {
          return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        });
    if (!is_good || text.size() == label.size() + 1) return false;
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  return true;
}

// As it is resolved if no link is on the way: what stands in the file is where bytes go.
bool is_plain_folder(std::string_view path) {
  return path.size() > 1 && path.size() <= kFolderSizeMax && path.front() == '/' &&
         is_safe_relative_path(path.substr(1)) && escape_path(path) == path;
}

class Parser : private TomlReader {
 public:
  using TomlReader::TomlReader;

  Result<ApplianceSettings> parse(std::string_view text) const;

 private:
  Result<void> read_names(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_zone(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_jobs(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_http(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_listen(const TomlTable& http, ApplianceSettings& out) const;
  Result<void> read_calls(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_exports(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_bays(const TomlTable& root, ApplianceSettings& out) const;
  Result<void> read_places(const TomlTable& bays, BayPlan& plan) const;
};

Result<void> Parser::read_names(const TomlTable& root, ApplianceSettings& out) const {
  HF_TRY(read(root, "name", out.name));
  if (out.name.size() > kNameSizeMax || escape_path(out.name) != out.name) {
    return bad_value(*root.get("name"), "name", "\"…\" (≤ 64)");
  }
  std::string word;
  HF_TRY(read(root, "language", word));
  if (word == "en") out.language = messages::Language::english;
  if (word == "zh-CN") out.language = messages::Language::chinese;
  if (root.get("language") == nullptr || out.language) return {};
  return bad_value(*root.get("language"), "language", "\"en\", \"zh-CN\"");
}

Result<void> Parser::read_zone(const TomlTable& root, ApplianceSettings& out) const {
  HF_TRY(read(root, "zone", out.zone_name));
  const auto zone = policy::TimeZone::find(out.zone_name);
  if (!zone) return bad_value(*root.get("zone"), "zone", "\"Asia/Shanghai\", \"UTC\", \"+08:00\"");
  out.zone = *zone;
  return {};
}

Result<void> Parser::read_jobs(const TomlTable& root, ApplianceSettings& out) const {
  const TomlNode* node = root.get("jobs");
  if (node == nullptr) return {};
  const auto* number = node->as<std::int64_t>();
  if (number == nullptr || *number < 1 || *number > kRunningMax) {
    return bad_value(*node, "jobs", "1, 2, 3 … 16");
  }
  out.running_max = static_cast<std::uint32_t>(*number);
  return {};
}

Result<void> Parser::read_listen(const TomlTable& http, ApplianceSettings& out) const {
  std::vector<std::string> texts;
  HF_TRY(read_texts(http, "listen", texts));
  out.listen.clear();
  const TomlNode& node = *http.get("listen");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const TomlNode& element = (*node.as<TomlArray>())[i];
    const auto address = parse_listen(texts[i]);
    if (!address) return bad_value(element, "listen", "\"127.0.0.1:8443\", \"[::1]:8443\"");
    if (std::ranges::find(out.listen, *address) != out.listen.end()) {
      return error(element.line(), "cli.config.listen_twice", {{"address", texts[i]}});
    }
    out.listen.push_back(*address);
  }
  return {};
}

Result<void> Parser::read_http(const TomlTable& root, ApplianceSettings& out) const {
  HF_TRY(const TomlTable* http, read_table(root, "http"));
  if (http == nullptr) return {};
  HF_TRY(check_keys(*http, kHttpKeys));
  if (http->get("listen") != nullptr) HF_TRY(read_listen(*http, out));
  HF_TRY(read_texts(*http, "names", out.host_names));
  if (std::ranges::all_of(out.host_names, is_host_name)) return {};
  return bad_value(*http->get("names"), "names", "[\"box12.example.com\", \"…\"]");
}

// Those who may hear calls see whole numbers, so only the other two can be named.
Result<void> Parser::read_calls(const TomlTable& root, ApplianceSettings& out) const {
  HF_TRY(const TomlTable* calls, read_table(root, "calls"));
  if (calls == nullptr) return {};
  HF_TRY(check_keys(*calls, kCallKeys));
  HF_TRY(read(*calls, "reason", out.calls.asks_reason));
  std::vector<std::string> names;
  HF_TRY(read_texts(*calls, "masked", names));
  for (const std::string& name : names) {
    const auto role = api::parse_role(name);
    if (!role || api::may(*role, api::Right::hear)) {
      return bad_value(*calls->get("masked"), "masked", "[\"viewer\", \"operator\"]");
    }
    out.calls.masked.push_back(*role);
  }
  return {};
}

Result<void> Parser::read_exports(const TomlTable& root, ApplianceSettings& out) const {
  HF_TRY(read_texts(root, "export_folders", out.export_folders));
  std::set<std::string_view> seen;
  const bool is_good = std::ranges::all_of(out.export_folders, [&](const std::string& folder) {
    return is_plain_folder(folder) && seen.insert(folder).second;
  });
  if (is_good && seen.size() <= kExportFoldersMax) return {};
  return bad_value(*root.get("export_folders"), "export_folders", "[\"/media/handover\", \"…\"]");
}

// A place is a folder or a plug, absolute and spelled as the system does; no two bays have one.
Result<void> Parser::read_places(const TomlTable& bays, BayPlan& plan) const {
  HF_TRY(read_texts(bays, "places", plan.places));
  const TomlNode* node = bays.get("places");
  if (plan.places.size() > std::size_t{plan.rows} * plan.columns) {
    return error(node->line(), "cli.config.bays_too_few",
                 {{"places", std::to_string(plan.places.size())},
                  {"bays", std::to_string(plan.rows * plan.columns)}});
  }
  for (std::size_t i = 0; i < plan.places.size(); ++i) {
    const std::string& place = plan.places[i];
    if (place.empty()) continue;
    const TomlNode& element = (*node->as<TomlArray>())[i];
    if (!place.starts_with('/') || !is_safe_relative_path(std::string_view(place).substr(1))) {
      return bad_value(element, "places", "\"/mnt/bay1\", \"/dev/disk/by-path/…\", \"\"");
    }
    if (std::find(plan.places.begin(), plan.places.begin() + static_cast<std::ptrdiff_t>(i),
                  place) != plan.places.begin() + static_cast<std::ptrdiff_t>(i)) {
      return error(element.line(), "cli.config.place_twice", {{"place", place}});
    }
  }
  return {};
}

Result<void> Parser::read_bays(const TomlTable& root, ApplianceSettings& out) const {
  HF_TRY(const TomlTable* bays, read_table(root, "bays"));
  if (bays == nullptr) return {};
  HF_TRY(check_keys(*bays, kBayKeys));
  BayPlan plan;
  HF_TRY(read_number(*bays, "rows", kBayLinesMax, plan.rows));
  HF_TRY(read_number(*bays, "columns", kBayLinesMax, plan.columns));
  HF_TRY(read_number(*bays, "first", 1, plan.first));
  if (plan.rows == 0) return bad_value(*bays->get("rows"), "rows", "1, 2, 3 … 60");
  if (plan.columns == 0) return bad_value(*bays->get("columns"), "columns", "1, 2, 3 … 60");
  if (plan.rows * plan.columns > kBaysMax) {
    return error(bays->line, "cli.config.bays_too_many", {{"limit", std::to_string(kBaysMax)}});
  }
  std::string order = "rows";
  HF_TRY(read(*bays, "order", order));
  if (order != "rows" && order != "columns") {
    return bad_value(*bays->get("order"), "order", "\"rows\", \"columns\"");
  }
  plan.goes_down = order == "columns";
  HF_TRY(read_places(*bays, plan));
  out.bays = std::move(plan);
  return {};
}

Result<ApplianceSettings> Parser::parse(std::string_view text) const {
  HF_TRY(const TomlTable root, TomlReader::parse(text));
  HF_TRY(check_keys(root, kTopKeys));
  ApplianceSettings out;
  HF_TRY(read_names(root, out));
  HF_TRY(read_zone(root, out));
  HF_TRY(read_times(*this, root, "tend", std::string(kTend), out.jobs));
  HF_TRY(read_jobs(root, out));
  HF_TRY(read_number(root, "away_hours", kAwayHoursMax, out.away_hours));
  HF_TRY(read_number(root, "scrub_days", kScrubDaysMax, out.scrub_days));
  if (out.scrub_days == 0) return bad_value(*root.get("scrub_days"), "scrub_days", "1, 2 … 365");
  HF_TRY(read_http(root, out));
  HF_TRY(read_calls(root, out));
  HF_TRY(read_exports(root, out));
  HF_TRY(read_bays(root, out));
  return out;
}

}  // namespace

Result<ApplianceSettings> parse_appliance(std::string_view text, const std::string& where,
                                          messages::Language language) {
  auto settings = Parser(where, language).parse(text);
  if (!settings) settings.error().code = ErrorCode::bad_settings;
  return settings;
}

Result<ApplianceSettings> load_appliance(ports::Disk& home, messages::Language language) {
  const auto file = ports::load(home, kApplianceFile, kSettingsSizeMax);
  if (!file && file.error().code != ErrorCode::not_found) return file.error();
  const std::string text(file ? text_of(*file) : std::string_view());
  return parse_appliance(text, home.name() + "/" + std::string(kApplianceFile), language);
}

}  // namespace holdfast::app
