// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "firmware/app/arguments.h"
#include "firmware/app/suggestion.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

constexpr const char* kVersion = "holdfast 0.1.0";

// The tree of verbs and options. The option structs are filled while CLI11 parses, and copied into
// the verb when it is chosen.
class Tree {
 public:
  explicit Tree(messages::Language language);
  Result<Command> parse(std::vector<std::string> arguments);

 private:
  // The library's own words in help texts.
  void translate_help();
  void add_globals();
  void add_init();
  void add_key();
  void add_key_remove(CLI::App& group);
  void add_pool();
  void add_members(CLI::App& group);
  void add_business();
  void add_backup();
  void add_snapshot();
  void add_hold(CLI::App& snapshot);
  void add_restore();
  void add_browse();
  void add_record();
  void add_verify();
  void add_prune();
  void add_status();

  [[nodiscard]] std::string help(const std::string& key) const {
    return messages::render(language_, "cli.help." + key);
  }
  CLI::App* add_verb(CLI::App& parent, const std::string& name, const std::string& key);
  // A verb that is only a group of verbs.
  CLI::App* add_group(const std::string& name);
  template <class Options>
  void on_choice(CLI::App* verb, Result<ExitCode> (*run)(Session&, const Options&),
                 const Options& options);
  void on_choice(CLI::App* verb, Result<ExitCode> (*run)(Session&));
  CLI::Option* add_name(CLI::App* verb, std::string& name);
  // One value for each time the option is given, so that what follows stays what it is.
  CLI::Option* add_repeated(CLI::App* verb, const std::string& option,
                            std::vector<std::string>& values, const std::string& type);
  // Whole numbers, both ends included.
  CLI::Option* add_number(CLI::App* verb, const std::string& option, int& number, int least,
                          int most);
  // For every verb that writes.
  CLI::Option* add_dry_run(CLI::App* verb, bool& dry_run);
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

  messages::Language language_;
  CLI::App app_;
  std::map<const CLI::Option*, std::pair<int, int>> ranges_;  // of add_number()
  Command command_;
  InitOptions init_;
  KeyAddOptions key_add_;
  KeyRemoveOptions key_remove_;
  KeyRecoverOptions key_recover_;
  PoolCreateOptions pool_create_;
  PoolAddOptions pool_add_;
  PoolReplaceOptions pool_replace_;
  PoolRetireOptions pool_retire_;
  PoolStatusOptions pool_status_;
  PoolScrubOptions pool_scrub_;
  PoolHealOptions pool_heal_;
  BusinessAddOptions business_add_;
  NameOptions name_;
  BackupOptions backup_;
  SnapshotDiffOptions diff_;
  SnapshotTagOptions tag_;
  SnapshotHoldOptions snapshot_hold_;
  HoldOptions hold_;
  RestoreOptions restore_;
  ListOptions list_;
  ItemOptions item_;
  FindOptions find_;
  RecordFindOptions record_find_;
  RecordReconcileOptions reconcile_;
  RecordStatisticsOptions statistics_;
  VerifyOptions verify_;
  PruneOptions prune_;
  CatalogRebuildOptions rebuild_;
};

Tree::Tree(messages::Language language)
    : language_(language), app_(messages::render(language, "cli.help.about"), "holdfast") {
  translate_help();
  app_.fallthrough();
  app_.require_subcommand(1);
  add_globals();
  add_init();
  add_key();
  add_pool();
  add_business();
  add_backup();
  add_snapshot();
  add_restore();
  add_browse();
  add_record();
  add_verify();
  add_prune();
  add_status();
}

void Tree::translate_help() {
  const auto formatter = app_.get_formatter();
  formatter->label("Usage", help("label_usage"));
  formatter->label("OPTIONS", help("label_options"));
  formatter->label("SUBCOMMAND", help("label_verb"));
  formatter->label("SUBCOMMANDS", help("label_verb"));
  formatter->label("Positionals", help("label_words"));
  formatter->label("REQUIRED", help("label_required"));
  app_.option_defaults()->group(help("label_options"));
}

void Tree::add_globals() {
  GlobalOptions& options = command_.options;
  app_.set_help_flag("-h,--help", help("help"));
  app_.set_version_flag("--version", kVersion, help("version"));
  app_.add_option("--home", options.home, help("home"))->type_name("DIR");
  app_.add_flag("--json", options.json, help("json"));
  app_.add_flag("--quiet", options.quiet, help("quiet"));
  app_.add_flag("--no-progress", options.no_progress, help("no_progress"));
  app_.add_flag("--yes", options.yes, help("yes"));
}

CLI::App* Tree::add_verb(CLI::App& parent, const std::string& name, const std::string& key) {
  CLI::App* verb = parent.add_subcommand(name, help(key));
  verb->group(help("label_verbs"));
  verb->set_help_flag("-h,--help", help("help"));
  return verb;
}

CLI::App* Tree::add_group(const std::string& name) {
  CLI::App* group = add_verb(app_, name, name);
  group->require_subcommand(1);
  return group;
}

template <class Options>
void Tree::on_choice(CLI::App* verb, Result<ExitCode> (*run)(Session&, const Options&),
                     const Options& options) {
  verb->callback([this, run, &options] {
    command_.verb = [run, chosen = options](Session& session) { return run(session, chosen); };
  });
}

void Tree::on_choice(CLI::App* verb, Result<ExitCode> (*run)(Session&)) {
  verb->callback([this, run] { command_.verb = run; });
}

CLI::Option* Tree::add_name(CLI::App* verb, std::string& name) {
  return verb->add_option("NAME", name, help("name"))->required()->type_name("");
}

CLI::Option* Tree::add_number(CLI::App* verb, const std::string& option, int& number, int least,
                              int most) {
  CLI::Option* added = verb->add_option(option, number)->type_name("N");
  ranges_[added] = {least, most};
  return added->check(CLI::Range(least, most, std::to_string(least) + "-" + std::to_string(most)));
}

CLI::Option* Tree::add_dry_run(CLI::App* verb, bool& dry_run) {
  return verb->add_flag("--dry-run", dry_run, help("dry_run"));
}

CLI::Option* Tree::add_repeated(CLI::App* verb, const std::string& option,
                                std::vector<std::string>& values, const std::string& type) {
  std::string key = option.substr(2);
  std::ranges::replace(key, '-', '_');
  return verb->add_option(option, values, help(key))->type_name(type)->allow_extra_args(false);
}

void Tree::add_init() {
  CLI::App* verb = add_verb(app_, "init", "init");
  verb->add_flag("--with-passphrase", init_.with_passphrase, help("with_passphrase"));
  verb->add_option("--recovery-shares", init_.recovery_shares, help("recovery_shares"))
      ->type_name("KofN");
  add_repeated(verb, "--recovery-out", init_.recovery_out, "DIR");
  add_dry_run(verb, init_.dry_run);
  on_choice(verb, run_init, init_);
}

void Tree::add_key() {
  CLI::App* group = add_group("key");
  on_choice(add_verb(*group, "list", "key_list"), run_key_list);
  CLI::App* add = add_verb(*group, "add", "key_add");
  add->add_option("--recovery-shares", key_add_.recovery_shares, help("recovery_shares"))
      ->type_name("KofN");
  add_repeated(add, "--recovery-out", key_add_.recovery_out, "DIR");
  add_dry_run(add, key_add_.dry_run);
  on_choice(add, run_key_add, key_add_);
  add_key_remove(*group);
  CLI::App* recover = add_verb(*group, "recover", "key_recover");
  add_repeated(recover, "--share", key_recover_.shares, "FILE");
  recover->add_option("--disk", key_recover_.disks, help("pool_disk"))
      ->required()
      ->type_name("DIR...");
  add_dry_run(recover, key_recover_.dry_run);
  on_choice(recover, run_key_recover, key_recover_);
}

void Tree::add_key_remove(CLI::App& group) {
  CLI::App* verb = add_verb(group, "remove", "key_remove");
  verb->add_option("N", key_remove_.slot, help("slot"))->required()->type_name("");
  add_repeated(verb, "--share", key_remove_.shares, "FILE");
  verb->add_option("--recovery-shares", key_remove_.recovery_shares, help("recovery_shares"))
      ->type_name("KofN");
  add_repeated(verb, "--recovery-out", key_remove_.recovery_out, "DIR");
  verb->add_flag("--drop-others", key_remove_.drop_others, help("drop_others"));
  verb->add_flag("--allow-machine-only", key_remove_.machine_only_allowed,
                 help("allow_machine_only"));
  add_dry_run(verb, key_remove_.dry_run);
  on_choice(verb, run_key_remove, key_remove_);
}

void Tree::add_pool() {
  CLI::App* group = add_group("pool");
  CLI::App* create = add_verb(*group, "create", "pool_create");
  create->add_option("--disk", pool_create_.disks, help("disk"))->required()->type_name("DIR...");
  create->add_option("--geometry", pool_create_.geometry, help("geometry"))
      ->type_name("auto|half|K+M");
  create->add_flag("--allow-same-device", pool_create_.same_device_allowed,
                   help("allow_same_device"));
  add_dry_run(create, pool_create_.dry_run);
  on_choice(create, run_pool_create, pool_create_);
  CLI::App* status = add_verb(*group, "status", "pool_status");
  add_number(status, "--visit-days", pool_status_.visit_days, 0, 3650)
      ->description(help("visit_days"));
  on_choice(status, run_pool_status, pool_status_);
  add_members(*group);
  CLI::App* scrub = add_verb(*group, "scrub", "pool_scrub");
  scrub->add_flag("--full", pool_scrub_.full, help("full"));
  add_number(scrub, "--within-days", pool_scrub_.cycle_days, 1, 365)
      ->description(help("within_days"));
  on_choice(scrub, run_pool_scrub, pool_scrub_);
  CLI::App* heal = add_verb(*group, "heal", "pool_heal");
  add_dry_run(heal, pool_heal_.dry_run);
  on_choice(heal, run_pool_heal, pool_heal_);
}

void Tree::add_members(CLI::App& group) {
  CLI::App* add = add_verb(group, "add", "pool_add");
  add->add_option("--disk", pool_add_.disk, help("disk"))->required()->type_name("DIR");
  CLI::App* replace = add_verb(group, "replace", "pool_replace");
  replace->add_option("OLD", pool_replace_.old_disk, help("old_disk"))->required()->type_name("");
  replace->add_option("NEW", pool_replace_.new_disk, help("disk"))->required()->type_name("");
  CLI::App* retire = add_verb(group, "retire", "pool_retire");
  retire->add_option("DISK", pool_retire_.disk, help("old_disk"))->required()->type_name("");
  for (auto [verb, allowed] : {std::pair(add, &pool_add_.same_device_allowed),
                               std::pair(replace, &pool_replace_.same_device_allowed)}) {
    verb->add_flag("--allow-same-device", *allowed, help("allow_same_device"));
  }
  for (auto [verb, accepted] : {std::pair(replace, &pool_replace_.loss_accepted),
                                std::pair(retire, &pool_retire_.loss_accepted)}) {
    verb->add_flag("--accept-loss", *accepted, help("accept_disk_loss"));
  }
  add_dry_run(add, pool_add_.dry_run);
  add_dry_run(replace, pool_replace_.dry_run);
  add_dry_run(retire, pool_retire_.dry_run);
  on_choice(add, run_pool_add, pool_add_);
  on_choice(replace, run_pool_replace, pool_replace_);
  on_choice(retire, run_pool_retire, pool_retire_);
}

void Tree::add_business() {
  CLI::App* group = add_group("business");
  CLI::App* add = add_verb(*group, "add", "business_add");
  add_name(add, business_add_.name);
  add_repeated(add, "--source", business_add_.sources, "DIR");
  add->add_option("--file", business_add_.file, help("file"))->type_name("F.toml");
  add->add_flag("--mirror", business_add_.mirror, help("mirror"));
  add_dry_run(add, business_add_.dry_run);
  on_choice(add, run_business_add, business_add_);
  on_choice(add_verb(*group, "list", "business_list"), run_business_list);
  CLI::App* show = add_verb(*group, "show", "business_show");
  add_name(show, name_.name);
  on_choice(show, run_business_show, name_);
}

void Tree::add_backup() {
  CLI::App* verb = add_verb(app_, "backup", "backup");
  add_name(verb, backup_.name);
  add_repeated(verb, "--tag", backup_.tags, "T");
  verb->add_option("--path", backup_.paths, help("backup_path"))
      ->type_name("P")
      ->allow_extra_args(false);
  verb->add_flag("--accept-loss", backup_.accept_loss, help("accept_loss"));
  verb->add_flag("--allow-empty", backup_.allow_empty, help("allow_empty"));
  // For trials: not in the help.
  verb->add_option("--partial-every", backup_.partial_interval_s)
      ->check(CLI::Range(0.0, 86400.0))
      ->group("");
  verb->add_option("--full-every", backup_.full_interval_s)
      ->check(CLI::Range(0.0, 86400.0))
      ->group("");
  add_dry_run(verb, backup_.dry_run);
  on_choice(verb, run_backup, backup_);
}

void Tree::add_snapshot() {
  CLI::App* group = add_group("snapshot");
  CLI::App* list = add_verb(*group, "list", "snapshot_list");
  add_name(list, name_.name);
  on_choice(list, run_snapshot_list, name_);
  CLI::App* show = add_verb(*group, "show", "snapshot_show");
  add_name(show, name_.name);
  show->add_option("N", name_.snapshot, help("number"))->required()->type_name("");
  on_choice(show, run_snapshot_show, name_);
  CLI::App* diff = add_verb(*group, "diff", "snapshot_diff");
  add_name(diff, diff_.name);
  diff->add_option("N", diff_.before, help("number"))->required()->type_name("");
  diff->add_option("M", diff_.after, help("number"))->required()->type_name("");
  on_choice(diff, run_snapshot_diff, diff_);
  CLI::App* tag = add_verb(*group, "tag", "snapshot_tag");
  add_name(tag, tag_.name);
  tag->add_option("N", tag_.snapshot, help("number"))->required()->type_name("");
  tag->add_option("T", tag_.tag, help("tag"))->required()->type_name("");
  add_dry_run(tag, tag_.dry_run);
  on_choice(tag, run_snapshot_tag, tag_);
  add_hold(*group);
}

void Tree::add_hold(CLI::App& snapshot) {
  const auto add_words = [this](CLI::App* verb) {
    add_name(verb, snapshot_hold_.name);
    verb->add_option("N", snapshot_hold_.snapshot, help("number"))->required()->type_name("");
    add_dry_run(verb, snapshot_hold_.dry_run);
    return verb->add_option("--reason", snapshot_hold_.reason, help("reason"))->type_name("R");
  };
  CLI::App* hold = add_verb(snapshot, "hold", "snapshot_hold");
  add_words(hold)->required();
  on_choice(hold, run_snapshot_hold, snapshot_hold_);
  CLI::App* release = add_verb(snapshot, "release", "snapshot_release");
  add_words(release);
  on_choice(release, run_snapshot_release, snapshot_hold_);
  // The name comes before the verb, so that is a word like the name.
  CLI::App* items = add_verb(app_, "hold", "hold");
  add_name(items, hold_.name);
  items->add_option("VERB", hold_.verb, help("hold_verb"))->required()->type_name("");
  items->add_option("--path", hold_.path, help("hold_path"))->type_name("P");
  items->add_option("--where", hold_.where, help("hold_where"))->type_name("KEY=VALUE");
  items->add_option("--reason", hold_.reason, help("reason"))->type_name("R");
  add_dry_run(items, hold_.dry_run);
  on_choice(items, run_hold, hold_);
}

void Tree::add_restore() {
  CLI::App* verb = add_verb(app_, "restore", "restore");
  add_name(verb, restore_.name);
  verb->add_option("N", restore_.snapshot, help("number"))->type_name("");
  verb->add_option("--tag", restore_.tag, help("restore_tag"))->type_name("T");
  verb->add_option("--at", restore_.at, help("at"))->type_name("TIME");
  verb->add_option("--target", restore_.target, help("target"))->required()->type_name("DIR");
  add_repeated(verb, "--path", restore_.paths, "P");
  verb->add_option("--since", restore_.since, help("since"))->type_name("N");
  verb->add_flag("--gone", restore_.gone, help("gone"));
  verb->add_flag("--with-rows", restore_.with_rows, help("with_rows"));
  verb->add_flag("--overwrite", restore_.overwrite, help("overwrite"));
  add_dry_run(verb, restore_.dry_run);
  on_choice(verb, run_restore, restore_);
}

void Tree::add_browse() {
  CLI::App* ls = add_verb(app_, "ls", "ls");
  add_name(ls, list_.name);
  // Two words of which the first may be either: parse_list_place() tells them apart.
  const auto add_word = [this](const std::string& word) { list_.where.push_back(word); };
  ls->add_option_function<std::string>("N", add_word, help("list_number"))->type_name("");
  ls->add_option_function<std::string>("PATH", add_word, help("place"))->type_name("");
  ls->add_flag("-r,--recursive", list_.recursive, help("recursive"));
  on_choice(ls, run_ls, list_);
  CLI::App* cat = add_verb(app_, "cat", "cat");
  add_name(cat, item_.name);
  cat->add_option("PATH", item_.path, help("item_path"))->required()->type_name("");
  cat->add_option("N", item_.snapshot, help("number"))->type_name("");
  on_choice(cat, run_cat, item_);
  CLI::App* find = add_verb(app_, "find", "find");
  add_name(find, find_.name);
  find->add_option("PATTERN", find_.pattern, help("pattern"))->required()->type_name("");
  on_choice(find, run_find, find_);
}

void Tree::add_record() {
  CLI::App* group = add_group("record");
  CLI::App* find = add_verb(*group, "find", "record_find");
  add_name(find, record_find_.name);
  find->add_option("KEY=VALUE", record_find_.conditions, help("record_condition"))->type_name("");
  find->add_option("--from", record_find_.from, help("record_from"))->type_name("TIME");
  find->add_option("--to", record_find_.to, help("record_to"))->type_name("TIME");
  add_number(find, "--limit", record_find_.limit, 1, 100'000)->description(help("record_limit"));
  on_choice(find, run_record_find, record_find_);
  CLI::App* reconcile = add_verb(*group, "reconcile", "record_reconcile");
  add_name(reconcile, reconcile_.name);
  reconcile->add_option("N", reconcile_.snapshot, help("number"))->type_name("");
  reconcile->add_flag("--csv", reconcile_.csv, help("reconcile_csv"));
  reconcile->add_flag("--html", reconcile_.html, help("reconcile_html"));
  on_choice(reconcile, run_record_reconcile, reconcile_);
  CLI::App* statistics = add_verb(*group, "statistics", "record_statistics");
  add_name(statistics, statistics_.name);
  statistics->add_option("--from", statistics_.from, help("day_from"))->type_name("DAY");
  statistics->add_option("--to", statistics_.to, help("day_to"))->type_name("DAY");
  statistics->add_flag("--csv", statistics_.csv, help("csv"));
  on_choice(statistics, run_record_statistics, statistics_);
}

// Deleting is not there yet: the plan is asked for by its name.
void Tree::add_prune() {
  CLI::App* verb = add_verb(app_, "prune", "prune");
  add_name(verb, prune_.name);
  add_dry_run(verb, prune_.dry_run)->required();
  on_choice(verb, run_prune, prune_);
}

void Tree::add_verify() {
  CLI::App* verify = add_verb(app_, "verify", "verify");
  add_name(verify, verify_.name);
  verify->add_option("N", verify_.snapshot, help("number"))->type_name("");
  add_number(verify, "--sample", verify_.sample_percent, 1, 100)
      ->description(help("sample"))
      ->type_name("PERCENT");
  on_choice(verify, run_verify, verify_);
  CLI::App* rebuild = add_verb(*add_group("catalog"), "rebuild", "catalog_rebuild");
  rebuild->add_option("NAME", rebuild_.name, help("name"))->type_name("");
  add_dry_run(rebuild, rebuild_.dry_run);
  on_choice(rebuild, run_catalog_rebuild, rebuild_);
}

void Tree::add_status() {
  on_choice(add_verb(app_, "status", "status"), run_status);
}

std::vector<const CLI::App*> Tree::chosen() const {
  std::vector<const CLI::App*> path = {&app_};
  while (!path.back()->get_subcommands().empty()) {
    path.push_back(path.back()->get_subcommands().front());
  }
  return path;
}

std::vector<std::string> Tree::known_words() const {
  std::vector<std::string> words;
  for (const CLI::App* app : chosen()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  }
  for (const CLI::App* verb :
       chosen().back()->get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(verb->get_name());
  }
  return words;
}

std::string Tree::missing_verbs() const {
  std::string names;
  for (const CLI::App* verb :
       chosen().back()->get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + verb->get_name();
  }
  return names;
}

Error Tree::error_of_option(const CLI::Option& option, bool is_mismatch) const {
  const std::string name = option.get_name();
  const auto range = ranges_.find(&option);
  if (!is_mismatch && range != ranges_.end()) {
    return usage_error(language_, "cli.usage.bad_number",
                       {{"option", name},
                        {"least", std::to_string(range->second.first)},
                        {"most", std::to_string(range->second.second)}});
  }
  const bool is_flag = option.get_expected_max() == 0;
  const bool is_repeated = option.get_expected_max() == 1 && option.count() > 1;
  const char* key = is_flag       ? "cli.usage.takes_no_value"
                    : is_repeated ? "cli.usage.only_once"
                                  : "cli.usage.needs_value";
  return usage_error(language_, key, {{"option", name}});
}

// The library says in English what is wrong with an option, beginning with or ending in its name.
Error Tree::error_of_value(const CLI::ParseError& error) const {
  const std::string said = error.what();
  const bool is_mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  for (const CLI::App* app : chosen()) {
    for (const CLI::Option* option : app->get_options()) {
      const std::string name = option->get_name();
      const bool meant = said.starts_with(name + ":") || said.find(" " + name) != std::string::npos;
      if (option->nonpositional() && meant) return error_of_option(*option, is_mismatch);
    }
  }
  return usage_error(language_, "cli.usage.unclear");
}

// Words that nothing took are the likeliest slip, whatever else CLI11 complains about first.
Error Tree::error_of(const CLI::ParseError& error) const {
  const std::vector<std::string> left = app_.remaining(true);
  if (!left.empty()) {
    const std::string nearest = nearest_word(left.front(), known_words());
    if (nearest.empty()) {
      return usage_error(language_, "cli.usage.unexpected", {{"word", left.front()}});
    }
    return usage_error(language_, "cli.usage.unexpected_meant",
                       {{"word", left.front()}, {"nearest", nearest}});
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return error_of_value(error);
  if (!missing_verbs().empty()) {
    return usage_error(language_, "cli.usage.no_verb", {{"verbs", missing_verbs()}});
  }
  for (const CLI::Option* option : chosen().back()->get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    return usage_error(language_, "cli.usage.missing", {{"option", option->get_name()}});
  }
  return usage_error(language_, "cli.usage.unclear");
}

Result<void> Tree::check_no_empty_value() const {
  for (const CLI::App* app : chosen()) {
    for (const CLI::Option* option : app->get_options()) {
      if (std::ranges::find(option->results(), "") == option->results().end()) continue;
      return usage_error(language_, "cli.usage.empty_value", {{"option", option->get_name()}});
    }
  }
  return {};
}

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

Result<Command> Tree::parse(std::vector<std::string> arguments) {
  if (const auto option = option_cut_short(arguments)) {
    return usage_error(language_, "cli.usage.empty_value", {{"option", *option}});
  }
  std::ranges::reverse(arguments);  // CLI11 takes them from the end
  try {
    app_.parse(std::move(arguments));
    HF_TRY(check_no_empty_value());
  } catch (const CLI::CallForHelp&) {
    std::string path;
    for (const CLI::App* app : chosen()) {
      if (app != chosen().back()) path += (path.empty() ? "" : " ") + app->get_name();
    }
    command_.text = chosen().back()->help(path);
  } catch (const CLI::CallForVersion&) {
    command_.text = std::string(kVersion) + "\n";
  } catch (const CLI::ParseError& error) {
    return error_of(error);
  }
  return std::move(command_);
}

}  // namespace

Result<Command> parse_command(const std::vector<std::string>& arguments,
                              messages::Language language) {
  return Tree(language).parse(arguments);
}

}  // namespace holdfast::app
