// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_options.h"

#include "firmware/app/arguments.h"
#include "firmware/app/suggestion.h"

namespace holdfast::app {

namespace {

constexpr const char* kVersion = "holdfastd 0.1.0\n";
constexpr std::string_view kHome = "--home";
const std::vector<std::string> kOptions = {"--home", "--check", "--help", "--version"};

Error unexpected(const std::string& word, messages::Language language) {
  const std::string nearest = nearest_word(word, kOptions);
  if (nearest.empty()) return usage_error(language, "cli.usage.unexpected", {{"word", word}});
  return usage_error(language, "cli.usage.unexpected_meant",
                     {{"word", word}, {"nearest", nearest}});
}

}  // namespace

Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments,
                                           messages::Language language) {
  DaemonOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--check") {
      options.only_check = true;
    } else if (word == "--help" || word == "-h") {
      options.text = messages::render(language, "daemon.help") + "\n";
    } else if (word == "--version") {
      options.text = kVersion;
    } else if (word == kHome || word.starts_with(std::string(kHome) + "=")) {
      const bool is_next = word == kHome;
      if (is_next && i + 1 == arguments.size()) {
        return usage_error(language, "cli.usage.needs_value", {{"option", std::string(kHome)}});
      }
      options.home = is_next ? arguments[++i] : word.substr(kHome.size() + 1);
      if (options.home.empty()) {
        return usage_error(language, "cli.usage.empty_value", {{"option", std::string(kHome)}});
      }
    } else {
      return unexpected(word, language);
    }
  }
  return options;
}

}  // namespace holdfast::app
