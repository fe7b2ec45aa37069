// SPDX-License-Identifier: Apache-2.0
// The tree of the command line: groups of verbs, and what each of them takes. The library that
// parses is known to cli.cpp alone; the verbs themselves stand in cli_verbs.cpp.
//
// Keys name help texts, without "cli.help.". Values are filled while the words are parsed, so they
// must live until CliTree::parse() has returned. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "firmware/app/cli.h"

namespace CLI {
class App;
}

namespace holdfast::app {

// One verb, or a group of verbs; as cheap to copy as a reference, and as long-lived as its tree.
class CliVerb {
 public:
  // Of a group, which must be followed by one of them.
  [[nodiscard]] CliVerb add_verb(const std::string& name, const std::string& key) const;

  // Words by their place.
  void word(const std::string& name, std::string& value, const std::string& key) const;
  void optional_word(const std::string& name, std::string& value, const std::string& key) const;
  // Any number of them.
  void words(const std::string& name, std::vector<std::string>& values,
             const std::string& key) const;
  void each_word(const std::string& name, const std::string& key,
                 const std::function<void(const std::string&)>& take) const;
  // The business: the first word of most verbs.
  void name(std::string& value) const { word("NAME", value, "name"); }

  // `type` is what the help calls the value.
  void value(const std::string& option, std::string& value, const std::string& key,
             const std::string& type) const;
  void required_value(const std::string& option, std::string& value, const std::string& key,
                      const std::string& type) const;
  // Required; may be followed by several values, and given several times.
  void required_values(const std::string& option, std::vector<std::string>& values,
                       const std::string& key, const std::string& type) const;
  // One value for each time the option is given, so that what follows stays what it is.
  void repeated(const std::string& option, std::vector<std::string>& values, const std::string& key,
                const std::string& type) const;
  void flag(const std::string& option, bool& is_given, const std::string& key) const;
  // For every verb that writes.
  void dry_run(bool& is_given) const { flag("--dry-run", is_given, "dry_run"); }
  // Whole numbers, both ends included.
  void number(const std::string& option, int& number, int least, int most, const std::string& key,
              const std::string& type = "N") const;
  // For trials: not in the help. 0 to a day.
  void hidden_seconds(const std::string& option, double& seconds) const;

  // What is done when the verb is chosen. The options are copied then.
  template <class Options>
  void runs(Result<ExitCode> (*run)(Session&, const Options&), const Options& options) const {
    on_choice([run, &options]() -> Verb {
      return [run, chosen = options](Session& session) { return run(session, chosen); };
    });
  }
  void runs(Result<ExitCode> (*run)(Session&)) const {
    on_choice([run]() -> Verb { return run; });
  }

 private:
  friend class CliTree;
  struct State;
  CliVerb(State& state, CLI::App& app) : state_(&state), app_(&app) {}
  void on_choice(const std::function<Verb()>& choose) const;

  State* state_;
  CLI::App* app_;
};

class CliTree {
 public:
  // With the options that all verbs share.
  explicit CliTree(messages::Language language);
  ~CliTree();

  [[nodiscard]] CliVerb add_verb(const std::string& name, const std::string& key) {
    return root_.add_verb(name, key);
  }
  [[nodiscard]] CliVerb add_group(const std::string& name);
  // `arguments` as parse_command() takes them. Once.
  [[nodiscard]] Result<Command> parse(std::vector<std::string> arguments);

 private:
  std::unique_ptr<CliVerb::State> state_;
  CliVerb root_;
};

}  // namespace holdfast::app
