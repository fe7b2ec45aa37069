// SPDX-License-Identifier: Apache-2.0
// One run of the program: the ports, the options that all verbs share, the box once it is opened,
// and the ways in which a verb speaks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/app/config.h"
#include "firmware/app/exit_code.h"
#include "firmware/app/options.h"
#include "firmware/app/output.h"
#include "firmware/app/progress_line.h"
#include "firmware/messages/messages.h"
#include "firmware/vault/business.h"
#include "firmware/vault/recovery.h"
#include "hal/ports/files.h"
#include "hal/ports/mounts.h"
#include "hal/ports/process.h"
#include "hal/ports/sql.h"

namespace holdfast::app {

// The outside world. References must outlive the session.
struct AppPorts {
  ports::Clock& clock;
  ports::Random& random;
  ports::Workers& workers;
  ports::Files& files;
  ports::SqlClient& sql;
  ports::Console& console;
  std::function<Result<pool::DiskPointer>(const std::string& path)> open_disk;
  ports::Processes& processes;
  ports::Mounts& mounts;
  std::string decoder;  // `holdfast-audio`, absolute
};

// What the variables of the environment say; empty where unset.
struct Environment {
  std::string home;             // HOLDFAST_HOME
  std::string passphrase_file;  // HOLDFAST_PASSPHRASE_FILE
  std::string locale;           // LC_ALL, LC_MESSAGES or LANG, the first that is set
  std::string credentials;      // CREDENTIALS_DIRECTORY: systemd keeps others away from it
  std::string actor;            // HOLDFAST_ACTOR: the account for which the appliance asks
  std::string actor_role;       // HOLDFAST_ACTOR_ROLE
  std::string actor_peer;       // HOLDFAST_ACTOR_PEER
  std::string zone;             // HOLDFAST_ZONE: the site's clock as the appliance has it
};
[[nodiscard]] Environment read_environment();
[[nodiscard]] messages::Language language_of(const Environment& environment);
// As given on the command line, by the environment, or the default.
[[nodiscard]] std::string chosen_home(const Environment& environment, const std::string& given);

// What a lock file says of who holds it: the program, its machine, and on another line since when.
[[nodiscard]] std::string holder_text(const AppPorts& ports, std::string_view program);
// An error of a lock with these as {holder} and {since}.
[[nodiscard]] Error split_holder(Error error);

// One thread, but for progress().
class Session {
 public:
  Session(const AppPorts& ports, const Environment& environment, const GlobalOptions& options,
          const job::StopFlag& stop);
  ~Session();

  [[nodiscard]] const AppPorts& ports() const { return ports_; }
  [[nodiscard]] messages::Language language() const { return language_; }
  [[nodiscard]] const job::StopFlag& stop() const { return stop_; }

  // The keyring is opened on the first call. no_home; key errors.
  [[nodiscard]] Result<vault::Box*> box();
  [[nodiscard]] Result<std::unique_ptr<vault::Business>> open_business(const std::string& name,
                                                                       vault::Access access);
  // What recover_home() would say of the home folder.
  [[nodiscard]] Result<void> check_recovery_home();
  [[nodiscard]] Result<vault::FoundBox> find_box(const std::vector<std::string>& disks,
                                                 const vault::Unlock& unlock);
  // Makes the home folder, if it is not there, and the box in it, which is open afterwards.
  [[nodiscard]] Result<vault::Box*> recover_home(vault::FoundBox found);
  // A small file that only its owner should read: a share, a passphrase.
  [[nodiscard]] Result<SecretBytes> read_secret(const std::string& path, std::uint64_t size_max);
  // The same without the line end that an editor leaves.
  [[nodiscard]] Result<SecretBytes> read_secret_line(const std::string& path,
                                                     std::uint64_t size_max);
  // The same, of 256 bytes at most and one line, that a source's server is told: of a file that
  // nobody but root and the owner of the home folder can read or change, or below
  // $CREDENTIALS_DIRECTORY, also by that name. denied, also for a secret of the box itself: in
  // home, on a disk of the pool, its passphrase.
  [[nodiscard]] Result<SecretBytes> read_password(const std::string& path);
  // True if it names, or leads to, something below $CREDENTIALS_DIRECTORY that is there.
  [[nodiscard]] bool is_credential(const std::string& path);
  // What init_home() would say, as far as it can be told without writing.
  [[nodiscard]] Result<void> check_new_home();
  // Makes the home folder and what `init` puts into it; the box is open afterwards.
  [[nodiscard]] Result<vault::Box::ShareFiles> init_home(
      std::optional<ByteView> passphrase, const std::optional<vault::SharePlan>& shares);
  // From HOLDFAST_PASSPHRASE_FILE, or typed: `twice` for a new one. Nothing if there is neither.
  // no_passphrase: the file is missing, empty or cannot be read.
  [[nodiscard]] Result<std::optional<SecretBytes>> passphrase(bool twice);
  [[nodiscard]] const Environment& environment() const { return environment_; }
  [[nodiscard]] bool has_passphrase_file() const { return !environment_.passphrase_file.empty(); }
  // The folder of home alone, without opening what is in it. no_home.
  [[nodiscard]] Result<ports::Disk*> home_disk();
  // Absolute, without links. The folder must exist.
  [[nodiscard]] Result<std::string> home_path();
  [[nodiscard]] const std::string& home_as_given() const { return options_.home; }

  // Text in the person's language.
  [[nodiscard]] std::string text(std::string_view key, const messages::Arguments& arguments = {});
  // A line for people on standard output: not with --json or --quiet.
  void say(std::string_view key, const messages::Arguments& arguments = {});
  // A line on standard error that must not be missed: what was lost, left out or went wrong. Also
  // with --quiet; not with --json (where the document says it).
  void warn(std::string_view key, const messages::Arguments& arguments = {});
  // A line on standard error that is good to know: not with --quiet or --json (the same).
  void note(std::string_view key, const messages::Arguments& arguments = {});
  // The error that ended a job whose report is given all the same; not with --json (where the
  // document says it).
  void tell(const Error& error);
  [[nodiscard]] bool wants_json() const { return options_.json; }
  [[nodiscard]] std::ostream& out() { return output_.stream(); }
  [[nodiscard]] Output& output() { return output_; }
  // The document; the first call begins it with its schema.
  [[nodiscard]] JsonWriter& json();
  [[nodiscard]] ProgressLine& progress() { return progress_; }

  // Every writing verb says whether it committed, the number of its entry, and whether it was a dry
  // run, in good documents and in those of failures. To be called when the verb starts, and when it
  // has committed; `warnings`: vault::Business::warnings().
  void begin_writing(bool dry_run);
  void set_committed(std::optional<std::uint64_t> number = {},
                     const std::vector<Error>& warnings = {});
  void write_committed();

  // Ends the output and returns the program's exit code.
  [[nodiscard]] ExitCode finish(const Result<ExitCode>& outcome);

 private:
  struct Committed {
    bool dry_run = false;
    bool committed = false;
    std::optional<std::uint64_t> number;
    std::vector<std::string> warnings = {};
  };
  void warn_of_less(const Error& why);
  void warn_in_any_form(std::string line);
  void report(const Error& error);
  void report_json(const Error& error);
  void report_output(const Error& error);
  [[nodiscard]] Result<void> open_home();
  [[nodiscard]] Result<std::string> resolve_password(const std::string& path);
  [[nodiscard]] bool is_below_credentials(const std::string& resolved);
  [[nodiscard]] Result<void> check_not_ours(const std::string& path);
  [[nodiscard]] Result<void> check_private(const std::string& path);
  [[nodiscard]] Result<void> check_home(Result<void> (*check)(ports::Disk& folder));
  // The same, with whatever it meets as no_passphrase.
  [[nodiscard]] Result<SecretBytes> passphrase_of_file();

  AppPorts ports_;
  Environment environment_;
  GlobalOptions options_;
  const job::StopFlag& stop_;
  messages::Language language_;
  Output output_;
  std::optional<JsonWriter> json_;
  ProgressLine progress_;
  std::optional<Committed> committed_;
  pool::DiskPointer home_;
  std::unique_ptr<vault::Box> box_;
};

// "error" as all documents have it, or the same at another key.
void write_error(JsonWriter& json, messages::Language language, const Error& error,
                 const std::string& key = "error");
// "holdfast: what (hint)".
[[nodiscard]] std::string error_line(messages::Language language, const Error& error,
                                     std::string_view program = "holdfast");

}  // namespace holdfast::app
