// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/session.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "firmware/app/arguments.h"
#include "firmware/vault/read_back_note.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kDefaultHome = "/var/lib/holdfast";
constexpr std::uint64_t kPassphraseSizeMax = 4096;
constexpr std::size_t kPasswordSizeMax = 256;
constexpr std::string_view kCredentials = "$CREDENTIALS_DIRECTORY/";
constexpr std::uint32_t kOfOthers = 0077;  // group and all

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

ProgressForm progress_form(const GlobalOptions& options, const ports::Console& console) {
  if (options.quiet || options.no_progress) return ProgressForm::none;
  if (options.json) return ProgressForm::json;
  return console.error_is_terminal() ? ProgressForm::terminal : ProgressForm::none;
}

vault::VaultPorts vault_ports(const AppPorts& ports, ports::Disk& home) {
  return {ports.clock, ports.random,    ports.workers,
          home,        ports.open_disk, holder_text(ports, "holdfast")};
}

}  // namespace

Environment read_environment() {
  Environment environment;
  environment.home = variable("HOLDFAST_HOME");
  environment.passphrase_file = variable("HOLDFAST_PASSPHRASE_FILE");
  environment.credentials = variable("CREDENTIALS_DIRECTORY");
  environment.actor = variable("HOLDFAST_ACTOR");
  environment.actor_role = variable("HOLDFAST_ACTOR_ROLE");
  environment.actor_peer = variable("HOLDFAST_ACTOR_PEER");
  environment.zone = variable("HOLDFAST_ZONE");
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (environment.locale.empty()) environment.locale = variable(name);
  }
  return environment;
}

messages::Language language_of(const Environment& environment) {
  return environment.locale.starts_with("zh") ? messages::Language::chinese
                                              : messages::Language::english;
}

std::string chosen_home(const Environment& environment, const std::string& given) {
  if (!given.empty()) return given;
  return environment.home.empty() ? std::string(kDefaultHome) : environment.home;
}

std::string holder_text(const AppPorts& ports, std::string_view program) {
  return std::string(program) + "[" + std::to_string(ports.console.process_id()) + "]@" +
         ports.console.host_name() + "\n" + ports.clock.now().rfc3339();
}

Error split_holder(Error error) {
  for (ErrorArgument& argument : error.arguments) {
    const std::size_t end = argument.value.find('\n');
    if (argument.key != "holder" || end == std::string::npos) continue;
    std::string since = argument.value.substr(end + 1);
    argument.value.resize(end);
    if (const auto time = Timestamp::parse(since)) since = messages::utc_text(*time);
    error.arguments.push_back({"since", std::move(since)});
    break;
  }
  return error;
}

Session::Session(const AppPorts& ports, const Environment& environment,
                 const GlobalOptions& options, const job::StopFlag& stop)
    : ports_(ports),
      environment_(environment),
      options_(options),
      stop_(stop),
      language_(language_of(environment)),
      output_(ports.console),
      progress_(ports.console, ports.clock, language_, progress_form(options, ports.console)) {
  options_.home = chosen_home(environment, options.home);
}

Session::~Session() = default;

Result<std::string> Session::home_path() {
  return ports_.files.resolve(options_.home);
}

Result<ports::Disk*> Session::home_disk() {
  HF_TRY(open_home());
  return home_.get();
}

Result<void> Session::open_home() {
  if (home_ != nullptr) return {};
  auto path = home_path();
  if (!path && path.error().code == ErrorCode::not_found) {
    return make_error(ErrorCode::no_home, options_.home);
  }
  if (!path) return std::move(path.error());
  HF_TRY(home_, ports_.open_disk(*path));
  return {};
}

namespace {

vault::VaultSettings settings_for(ports::Disk& home) {
  vault::VaultSettings settings;
  settings.pool.read_back_percent = vault::load_read_back_percent(home);
  settings.catalog_directory = home.name() + "/" + std::string(vault::kCatalogFolder);
  return settings;
}

}  // namespace

Result<vault::Box*> Session::box() {
  if (box_ != nullptr) return box_.get();
  HF_TRY(open_home());
  HF_TRY(box_, vault::Box::open(vault_ports(ports_, *home_), settings_for(*home_),
                                [this] { return passphrase(false); }));
  return box_.get();
}

// A folder that is not there yet is made.
Result<void> Session::check_home(Result<void> (*check)(ports::Disk& folder)) {
  auto path = home_path();
  if (!path && path.error().code == ErrorCode::not_found) return {};
  if (!path) return std::move(path.error());
  HF_TRY(const auto folder, ports_.open_disk(*path));
  return check(*folder);
}

Result<void> Session::check_new_home() {
  return check_home(vault::check_new_home);
}

Result<void> Session::check_recovery_home() {
  return check_home(vault::check_recovery_home);
}

Result<vault::FoundBox> Session::find_box(const std::vector<std::string>& disks,
                                          const vault::Unlock& unlock) {
  return vault::find_box(ports_.open_disk, vault::VaultSettings().pool, disks, unlock);
}

Result<vault::Box*> Session::recover_home(vault::FoundBox found) {
  HF_TRY(const auto made, ports_.files.open_target(options_.home));
  HF_TRY(open_home());
  HF_TRY(box_,
         vault::Box::recover(vault_ports(ports_, *home_), settings_for(*home_), std::move(found)));
  return box_.get();
}

Result<vault::Box::ShareFiles> Session::init_home(std::optional<ByteView> passphrase,
                                                  const std::optional<vault::SharePlan>& shares) {
  HF_TRY(const auto made, ports_.files.open_target(options_.home));
  HF_TRY(open_home());
  const vault::VaultPorts vault = vault_ports(ports_, *home_);
  // Two at once would leave the machine key of one beside the keyring of the other.
  HF_TRY(home_->make_directory("locks"));
  HF_TRY(const auto lock, home_->lock("locks/keyring", ports::LockMode::exclusive, vault.holder));
  HF_TRY(auto files, vault::Box::init(vault, settings_for(*home_), passphrase, shares));
  HF_TRY(const vault::Box* opened, box());
  static_cast<void>(opened);
  return files;
}

Result<std::unique_ptr<vault::Business>> Session::open_business(const std::string& name,
                                                                vault::Access access) {
  HF_TRY(vault::Box * opened, box());
  HF_TRY(auto business, opened->open_business(name, access));
  if (const auto all = business->journal().writable(); !all) warn_of_less(all.error());
  // Writing finds it out by itself.
  if (access == vault::Access::read) {
    if (const auto newest = opened->check_newest(); !newest) warn_of_less(newest.error());
  }
  HF_TRY(const auto gaps, business->lost_entries());
  for (const journal::EntryRange& gap : gaps) {
    warn_in_any_form(text("cli.entries_lost", {{"business", name},
                                               {"first", std::to_string(gap.first)},
                                               {"last", std::to_string(gap.last)}}));
  }
  return business;
}

void Session::warn_of_less(const Error& why) {
  const std::string expected(why.argument("expected"));
  if (expected.empty()) {
    return warn_in_any_form(
        text("cli.only_read", {{"what", messages::render_error(language_, why), true}}));
  }
  const std::string found(why.argument("found"));
  warn_in_any_form(text("cli.newest_missing", {{"expected", expected}, {"found", found}}));
}

// Also with --json: as a line of its own beside those of progress, since not every document has a
// place for it.
void Session::warn_in_any_form(std::string line) {
  progress_.clear();
  if (options_.json) {
    std::ostringstream document;
    JsonWriter json(document);
    json.begin_object();
    json.field("schema", kJsonSchema);
    json.field("warning", line);
    json.end();
    line = document.str();
  }
  ports_.console.write_error(line + "\n");
}

Result<SecretBytes> Session::read_secret(const std::string& path, std::uint64_t size_max) {
  HF_TRY(const std::string resolved, ports_.files.resolve(path));
  const std::string_view folder = parent_of(resolved);
  HF_TRY(const auto disk, ports_.open_disk(folder.empty() ? "/" : std::string(folder)));
  HF_TRY(Bytes bytes, ports::load(*disk, last_name_of(resolved), size_max));
  return SecretBytes(std::move(bytes));
}

Result<SecretBytes> Session::read_secret_line(const std::string& path, std::uint64_t size_max) {
  HF_TRY(SecretBytes secret, read_secret(path, size_max));
  Bytes& line = secret.bytes();
  if (!line.empty() && line.back() == '\n') line.pop_back();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return secret;
}

Error password_refused(Session& session, const std::string& path, std::string_view key) {
  return make_error(ErrorCode::denied, path, {{"what", session.text(key, {{"path", path}}), true}});
}

// `path` is resolved, here and below.
Result<void> Session::check_private(const std::string& path) {
  HF_TRY(const auto folder, ports_.files.open_source(std::string(parent_of(path)) + "/"));
  HF_TRY(const ports::FileStatus status, folder->status_of(last_name_of(path)));
  HF_TRY(const std::string home, home_path());
  HF_TRY(const auto home_folder, ports_.files.open_source(home));
  HF_TRY(const ports::FileStatus home_status, home_folder->status());
  if (status.uid != 0 && status.uid != home_status.uid) {
    return password_refused(*this, path, "cli.password_file.owner");
  }
  if ((status.mode & kOfOthers) == 0) return {};
  return password_refused(*this, path, "cli.password_file.mode");
}

// What is read goes to a server that anybody may have named.
Result<void> Session::check_not_ours(const std::string& path) {
  HF_TRY(const vault::Box* opened, box());
  HF_TRY(std::vector<std::string> ours, opened->disk_paths());
  HF_TRY(std::string home, home_path());
  ours.push_back(std::move(home));
  if (has_passphrase_file()) {
    if (auto own = ports_.files.resolve(environment_.passphrase_file)) {
      ours.push_back(std::move(*own));
    }
  }
  const auto has_it = [&path](const std::string& each) { return is_within(path, each); };
  if (std::ranges::none_of(ours, has_it)) return {};
  return password_refused(*this, path, "cli.password_file.ours");
}

bool Session::is_below_credentials(const std::string& resolved) {
  if (environment_.credentials.empty()) return false;
  const auto kept = ports_.files.resolve(environment_.credentials);
  return kept && is_within(resolved, *kept);
}

Result<std::string> Session::resolve_password(const std::string& path) {
  if (!path.starts_with(kCredentials)) return ports_.files.resolve(path);
  if (environment_.credentials.empty()) return make_error(ErrorCode::not_found, path);
  return ports_.files.resolve(environment_.credentials + "/" + path.substr(kCredentials.size()));
}

bool Session::is_credential(const std::string& path) {
  const auto resolved = resolve_password(path);
  return resolved && is_below_credentials(*resolved);
}

Result<SecretBytes> Session::read_password(const std::string& path) {
  HF_TRY(const std::string resolved, resolve_password(path));
  HF_TRY(check_not_ours(resolved));
  if (!is_below_credentials(resolved)) HF_TRY(check_private(resolved));
  auto password = read_secret_line(resolved, kPasswordSizeMax + 2);
  if (!password && password.error().code != ErrorCode::limit_exceeded) return password;
  const auto is_line_end = [](std::uint8_t byte) {
    return byte == 0 || byte == '\n' || byte == '\r';
  };
  if (!password || password->view().size() > kPasswordSizeMax ||
      std::ranges::any_of(password->view(), is_line_end)) {
    return password_refused(*this, resolved, "cli.password_file.no_line");
  }
  return password;
}

Result<SecretBytes> Session::passphrase_of_file() {
  const auto none = [this](const std::string& what) {
    return make_error(ErrorCode::no_passphrase, environment_.passphrase_file,
                      {{"what", what, true}});
  };
  auto secret = read_secret_line(environment_.passphrase_file, kPassphraseSizeMax);
  if (!secret) {
    secret.error().where.clear();
    return none(messages::render_error(language_, secret.error()));
  }
  if (secret->empty()) return none(text("cli.usage.empty_passphrase"));
  return secret;
}

Result<std::optional<SecretBytes>> Session::passphrase(bool twice) {
  std::optional<SecretBytes> secret;
  if (has_passphrase_file()) {
    HF_TRY(secret, passphrase_of_file());
  } else {
    const auto prompt = twice ? "cli.prompt.new_passphrase" : "cli.prompt.passphrase";
    HF_TRY(secret, ports_.console.ask_secret(text(prompt)));
    if (secret && twice) {
      HF_TRY(const auto again, ports_.console.ask_secret(text("cli.prompt.passphrase_again")));
      const bool same = again && std::ranges::equal(again->view(), secret->view());
      if (!same) return usage_error(language_, "cli.usage.passphrases_differ");
    }
  }
  if (secret && secret->empty()) return usage_error(language_, "cli.usage.empty_passphrase");
  return secret;
}

std::string Session::text(std::string_view key, const messages::Arguments& arguments) {
  return messages::render(language_, key, arguments);
}

void Session::say(std::string_view key, const messages::Arguments& arguments) {
  if (options_.json || options_.quiet) return;
  progress_.clear();
  out() << text(key, arguments) << '\n';
}

void Session::warn(std::string_view key, const messages::Arguments& arguments) {
  if (options_.json) return;
  progress_.clear();
  ports_.console.write_error(text(key, arguments) + "\n");
}

void Session::note(std::string_view key, const messages::Arguments& arguments) {
  if (!options_.quiet) warn(key, arguments);
}

void Session::tell(const Error& error) {
  if (options_.json) return;
  progress_.clear();
  ports_.console.write_error(error_line(language_, error));
}

JsonWriter& Session::json() {
  if (!json_) {
    json_.emplace(out());
    json_->begin_object();
    json_->field("schema", kJsonSchema);
  }
  return *json_;
}

void Session::begin_writing(bool dry_run) {
  committed_ = Committed{dry_run, false, std::nullopt};
}

void Session::set_committed(std::optional<std::uint64_t> number,
                            const std::vector<Error>& warnings) {
  HF_CHECK(committed_ && !committed_->dry_run);
  committed_->committed = true;
  committed_->number = number;
  for (const Error& error : warnings) {
    const messages::Arguments what = {{"what", messages::render_error(language_, error), true}};
    committed_->warnings.push_back(text("cli.committed_but", what));
    warn("cli.committed_but", what);
  }
}

void Session::write_committed() {
  if (!committed_) return;
  json().field("committed", committed_->committed);
  json().field("number", committed_->number);
  json().field("dry_run", committed_->dry_run);
  if (committed_->warnings.empty()) return;
  json().begin_array("warnings");
  for (const std::string& warning : committed_->warnings) json().element(warning);
  json().end();
}

// What has left the process cannot be taken back: then the document ends with the error.
void Session::report_json(const Error& error) {
  if (!output_.has_left()) {
    output_.discard();
    json_.reset();
  }
  json().end_inner();
  write_error(json(), language_, error);
  write_committed();
}

void Session::report(const Error& error) {
  progress_.clear();
  // Content that has begun to leave (cat) is no place for a document.
  if (options_.json && (json_ || !output_.has_left())) {
    report_json(error);
  } else {
    ports_.console.write_error(error_line(language_, error));
  }
}

// Nobody hears what goes to standard output any more. Work that is committed stays so, and its exit
// code with it.
void Session::report_output(const Error& error) {
  ports_.console.write_error("holdfast: " + messages::render_error(language_, error) + " (" +
                             text("cli.output.hint") + ")\n");
  if (!committed_ || !committed_->committed) return;
  const auto& number = committed_->number;
  ports_.console.write_error(
      (number ? text("cli.output.committed", {{"number", std::to_string(*number)}})
              : text("cli.output.done")) +
      "\n");
}

ExitCode Session::finish(const Result<ExitCode>& outcome) {
  progress_.clear();
  const ExitCode code = outcome ? *outcome : exit_code_of(outcome.error());
  // A verb that ended because its output failed has nothing else to tell.
  std::optional<Error> error;
  if (!outcome && output_.can_write()) error = split_holder(outcome.error());
  if (error) report(*error);
  if (options_.json && json_) {
    json_->end_inner();
    json_->end();
    out() << '\n';
  }
  const auto written = output_.finish();
  if (written) return code;
  if (error && options_.json) ports_.console.write_error(error_line(language_, *error));
  report_output(written.error());
  const bool committed = committed_ && committed_->committed;
  return outcome && !committed ? ExitCode::failed : code;
}

std::string error_line(messages::Language language, const Error& error, std::string_view program) {
  return std::string(program) + ": " + messages::render_error(language, error) + " (" +
         messages::render_hint(language, error) + ")\n";
}

void write_error(JsonWriter& json, messages::Language language, const Error& error,
                 const std::string& key) {
  const std::string name(name_of(error.code));
  json.begin_object(key);
  json.field("code", name);
  json.field("what", messages::render(language, "error." + name, error.arguments));
  json.path("where", error.where);
  json.field("hint", messages::render_hint(language, error));
  json.field("exit", static_cast<int>(exit_code_of(error)));
  json.end();
}

}  // namespace holdfast::app
