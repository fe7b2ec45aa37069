// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "firmware/app/arguments.h"
#include "firmware/app/cli_tree.h"
#include "firmware/app/suggestion.h"

namespace holdfast::app {

namespace {

constexpr const char* kVersion = "holdfast 0.1.0";
constexpr double kDay_s = 86400;

}  // namespace

struct CliVerb::State {
  explicit State(messages::Language spoken)
      : language(spoken), app(messages::render(spoken, "cli.help.about"), "holdfast") {}

  [[nodiscard]] std::string help(const std::string& key) const {
    return messages::render(language, "cli.help." + key);
  }
  // The library's own words in help texts.
  void translate_help();
  void add_globals();
  [[nodiscard]] Error error_of(const CLI::ParseError& error) const;
  [[nodiscard]] Error error_of_value(const CLI::ParseError& error) const;
  [[nodiscard]] Error error_of_option(const CLI::Option& option, bool is_mismatch) const;
  // No verb takes an empty word: it is what a variable that was not set leaves behind, and must not
  // stand for "latest" or "all".
  [[nodiscard]] Result<void> check_no_empty_value() const;
  // From the whole program to the verb that was chosen last.
  [[nodiscard]] std::vector<const CLI::App*> chosen() const;
  [[nodiscard]] std::vector<std::string> known_words() const;
  // Names to choose from where a verb should follow and does not; else empty.
  [[nodiscard]] std::string missing_verbs() const;

  messages::Language language;
  CLI::App app;
  std::map<const CLI::Option*, std::pair<int, int>> ranges;  // of CliVerb::number()
  Command command;
};

CliTree::CliTree(messages::Language language)
    : state_(std::make_unique<CliVerb::State>(language)), root_(*state_, state_->app) {
  state_->translate_help();
  state_->app.fallthrough();
  state_->app.require_subcommand(1);
  state_->add_globals();
}

CliTree::~CliTree() = default;

CliVerb CliTree::add_group(const std::string& name) {
  const CliVerb group = root_.add_verb(name, name);
  group.app_->require_subcommand(1);
  return group;
}

void CliVerb::State::translate_help() {
  const auto formatter = app.get_formatter();
  formatter->label("Usage", help("label_usage"));
  formatter->label("OPTIONS", help("label_options"));
  formatter->label("SUBCOMMAND", help("label_verb"));
  formatter->label("SUBCOMMANDS", help("label_verb"));
  formatter->label("Positionals", help("label_words"));
  formatter->label("REQUIRED", help("label_required"));
  app.option_defaults()->group(help("label_options"));
}

void CliVerb::State::add_globals() {
  GlobalOptions& options = command.options;
  app.set_help_flag("-h,--help", help("help"));
  app.set_version_flag("--version", kVersion, help("version"));
  app.add_option("--home", options.home, help("home"))->type_name("DIR");
  app.add_flag("--json", options.json, help("json"));
  app.add_flag("--quiet", options.quiet, help("quiet"));
  app.add_flag("--no-progress", options.no_progress, help("no_progress"));
  app.add_flag("--yes", options.yes, help("yes"));
}

CliVerb CliVerb::add_verb(const std::string& name, const std::string& key) const {
  CLI::App* verb = app_->add_subcommand(name, state_->help(key));
  verb->group(state_->help("label_verbs"));
  verb->set_help_flag("-h,--help", state_->help("help"));
  return {*state_, *verb};
}

void CliVerb::on_choice(const std::function<Verb()>& choose) const {
  app_->callback([state = state_, choose] { state->command.verb = choose(); });
}

void CliVerb::word(const std::string& name, std::string& value, const std::string& key) const {
  app_->add_option(name, value, state_->help(key))->required()->type_name("");
}

void CliVerb::optional_word(const std::string& name, std::string& value,
                            const std::string& key) const {
  app_->add_option(name, value, state_->help(key))->type_name("");
}

void CliVerb::words(const std::string& name, std::vector<std::string>& values,
                    const std::string& key) const {
  app_->add_option(name, values, state_->help(key))->type_name("");
}

void CliVerb::each_word(const std::string& name, const std::string& key,
                        const std::function<void(const std::string&)>& take) const {
  app_->add_option_function<std::string>(name, take, state_->help(key))->type_name("");
}

void CliVerb::value(const std::string& option, std::string& value, const std::string& key,
                    const std::string& type) const {
  app_->add_option(option, value, state_->help(key))->type_name(type);
}

void CliVerb::required_value(const std::string& option, std::string& value, const std::string& key,
                             const std::string& type) const {
  app_->add_option(option, value, state_->help(key))->type_name(type)->required();
}

void CliVerb::required_values(const std::string& option, std::vector<std::string>& values,
                              const std::string& key, const std::string& type) const {
  app_->add_option(option, values, state_->help(key))->required()->type_name(type);
}

void CliVerb::repeated(const std::string& option, std::vector<std::string>& values,
                       const std::string& key, const std::string& type) const {
  app_->add_option(option, values, state_->help(key))->type_name(type)->allow_extra_args(false);
}

void CliVerb::flag(const std::string& option, bool& is_given, const std::string& key) const {
  app_->add_flag(option, is_given, state_->help(key));
}

void CliVerb::number(const std::string& option, int& number, int least, int most,
                     const std::string& key, const std::string& type) const {
  CLI::Option* added = app_->add_option(option, number, state_->help(key));
  state_->ranges[added] = {least, most};
  added->check(CLI::Range(least, most, std::to_string(least) + "-" + std::to_string(most)))
      ->type_name(type);
}

void CliVerb::hidden_seconds(const std::string& option, double& seconds) const {
  app_->add_option(option, seconds)->check(CLI::Range(0.0, kDay_s))->group("");
}

std::vector<const CLI::App*> CliVerb::State::chosen() const {
  std::vector<const CLI::App*> path = {&app};
  while (!path.back()->get_subcommands().empty()) {
    path.push_back(path.back()->get_subcommands().front());
  }
  return path;
}

std::vector<std::string> CliVerb::State::known_words() const {
  std::vector<std::string> words;
  for (const CLI::App* verb : chosen()) {
    for (const CLI::Option* option : verb->get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  }
  for (const CLI::App* verb :
       chosen().back()->get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(verb->get_name());
  }
  return words;
}

std::string CliVerb::State::missing_verbs() const {
  std::string names;
  for (const CLI::App* verb :
       chosen().back()->get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + verb->get_name();
  }
  return names;
}

Error CliVerb::State::error_of_option(const CLI::Option& option, bool is_mismatch) const {
  const std::string name = option.get_name();
  const auto range = ranges.find(&option);
  if (!is_mismatch && range != ranges.end()) {
    return usage_error(language, "cli.usage.bad_number",
                       {{"option", name},
                        {"least", std::to_string(range->second.first)},
                        {"most", std::to_string(range->second.second)}});
  }
  const bool is_flag = option.get_expected_max() == 0;
  const bool is_repeated = option.get_expected_max() == 1 && option.count() > 1;
  const char* key = is_flag       ? "cli.usage.takes_no_value"
                    : is_repeated ? "cli.usage.only_once"
                                  : "cli.usage.needs_value";
  return usage_error(language, key, {{"option", name}});
}

// The library says in English what is wrong with an option, beginning with or ending in its name.
Error CliVerb::State::error_of_value(const CLI::ParseError& error) const {
  const std::string said = error.what();
  const bool is_mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  for (const CLI::App* verb : chosen()) {
    for (const CLI::Option* option : verb->get_options()) {
      const std::string name = option->get_name();
      const bool meant = said.starts_with(name + ":") || said.find(" " + name) != std::string::npos;
      if (option->nonpositional() && meant) return error_of_option(*option, is_mismatch);
    }
  }
  return usage_error(language, "cli.usage.unclear");
}

// Words that nothing took are the likeliest slip, whatever else CLI11 complains about first.
Error CliVerb::State::error_of(const CLI::ParseError& error) const {
  const std::vector<std::string> left = app.remaining(true);
  if (!left.empty()) {
    const std::string nearest = nearest_word(left.front(), known_words());
    if (nearest.empty()) {
      return usage_error(language, "cli.usage.unexpected", {{"word", left.front()}});
    }
    return usage_error(language, "cli.usage.unexpected_meant",
                       {{"word", left.front()}, {"nearest", nearest}});
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return error_of_value(error);
  if (!missing_verbs().empty()) {
    return usage_error(language, "cli.usage.no_verb", {{"verbs", missing_verbs()}});
  }
  for (const CLI::Option* option : chosen().back()->get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    return usage_error(language, "cli.usage.missing", {{"option", option->get_name()}});
  }
  return usage_error(language, "cli.usage.unclear");
}

Result<void> CliVerb::State::check_no_empty_value() const {
  for (const CLI::App* verb : chosen()) {
    for (const CLI::Option* option : verb->get_options()) {
      if (std::ranges::find(option->results(), "") == option->results().end()) continue;
      return usage_error(language, "cli.usage.empty_value", {{"option", option->get_name()}});
    }
  }
  return {};
}

namespace {

// "--home=": the library would take the next word for its value.
std::optional<std::string> option_cut_short(const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word == "--") break;
    if (word.starts_with("--") && word.find('=') + 1 == word.size()) {
      return word.substr(0, word.size() - 1);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Command> CliTree::parse(std::vector<std::string> arguments) {
  CliVerb::State& state = *state_;
  if (const auto option = option_cut_short(arguments)) {
    return usage_error(state.language, "cli.usage.empty_value", {{"option", *option}});
  }
  std::ranges::reverse(arguments);  // CLI11 takes them from the end
  try {
    state.app.parse(std::move(arguments));
    HF_TRY(state.check_no_empty_value());
    for (const CLI::App* verb : state.chosen()) {
      if (verb == &state.app) continue;
      state.command.name += (state.command.name.empty() ? "" : " ") + verb->get_name();
    }
  } catch (const CLI::CallForHelp&) {
    const auto chosen = state.chosen();
    std::string path;
    for (const CLI::App* app : chosen) {
      if (app != chosen.back()) path += (path.empty() ? "" : " ") + app->get_name();
    }
    state.command.text = chosen.back()->help(path);
  } catch (const CLI::CallForVersion&) {
    state.command.text = std::string(kVersion) + "\n";
  } catch (const CLI::ParseError& error) {
    return state.error_of(error);
  }
  return std::move(state.command);
}

}  // namespace holdfast::app
