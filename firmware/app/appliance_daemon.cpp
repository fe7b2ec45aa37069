// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_daemon.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "firmware/app/appliance_check.h"
#include "firmware/app/appliance_files.h"
#include "firmware/app/appliance_log.h"
#include "firmware/app/appliance_options.h"
#include "firmware/app/output.h"
#include "firmware/appliance/appliance.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kLongest_ns = 3'600'000'000'000;
constexpr std::int64_t kWatchdogShare = 3;

using Variables = std::vector<std::pair<std::string, std::string>>;

Variables variables(std::initializer_list<const char*> names) {
  Variables kept;
  for (const char* name : names) {
    if (const char* value = std::getenv(name)) kept.emplace_back(name, value);
  }
  return kept;
}

// What the command line needs of the daemon's own variables: how to speak, and where the passphrase
// is, which is never a variable itself.
appliance::CommandLine command_line(const std::string& program, const std::string& home) {
  return {program, home,
          variables({"PATH", "LANG", "LC_ALL", "LC_MESSAGES", "TMPDIR", "HOLDFAST_PASSPHRASE_FILE",
                     "CREDENTIALS_DIRECTORY"}),
          variables({"PATH", "LANG", "LC_ALL", "LC_MESSAGES", "TMPDIR"})};
}

class Daemon {
 public:
  Daemon(const DaemonPorts& ports, const Environment& environment, const DaemonOptions& options,
         DaemonRequests& requests)
      : ports_(ports),
        language_(language_of(environment)),
        given_home_(chosen_home(environment, options.home)),
        requests_(requests),
        log_(ports.app.console, language_) {}

  [[nodiscard]] Result<ExitCode> check();
  [[nodiscard]] Result<ExitCode> run();

 private:
  [[nodiscard]] Result<void> open_home();
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock_home();
  void live(appliance::Appliance& appliance, AppliancePages& pages, const ApplianceFiles& files);

  const DaemonPorts& ports_;
  messages::Language language_;
  std::string given_home_;
  DaemonRequests& requests_;
  ApplianceLog log_;
  pool::DiskPointer home_;
};

Result<void> Daemon::open_home() {
  HF_TRY(const std::string path, ports_.app.files.resolve(given_home_));
  HF_TRY(home_, ports_.app.open_disk(path));
  return {};
}

Result<std::unique_ptr<ports::Lock>> Daemon::lock_home() {
  HF_TRY(home_->make_directory("locks"));
  auto lock =
      home_->lock("locks/daemon", ports::LockMode::exclusive, holder_text(ports_.app, "holdfastd"));
  if (!lock) return split_holder(std::move(lock.error()));
  return lock;
}

Result<ExitCode> Daemon::check() {
  HF_TRY(open_home());
  ApplianceFiles files(*home_, ports_.app.clock, language_, ports_.memory_bytes);
  const appliance::Settings settings = files.look();
  std::ostringstream out;
  print_upcoming(out, language_, settings, *home_, ports_.app.clock.now());
  if (const std::size_t asked = files.appliance().running_max; settings.running_max < asked) {
    out << messages::render(language_, "daemon.check.jobs",
                            {{"jobs", std::to_string(settings.running_max)},
                             {"asked", std::to_string(asked)},
                             {"size", size_text(*ports_.memory_bytes)},
                             {"each", size_text(kJobMemory)}})
        << '\n';
  }
  HF_TRY(ports_.app.console.write(out.str()));
  std::vector<Error> complaints = settings.complaints;
  PageIdentity identity(ports_.pages.certificates, *home_, ports_.app.clock, {});
  const auto is_good = identity.check();
  if (!is_good) complaints.push_back(is_good.error());
  ExitCode code = ExitCode::done;
  for (const Error& complaint : complaints) {
    if (code == ExitCode::done) code = exit_code_of(complaint);
    ports_.app.console.write_error(error_line(language_, complaint, "holdfastd"));
  }
  return code;
}

// A home that is not there yet is made: somebody will say `init` to it.
Result<ExitCode> Daemon::run() {
  HF_TRY(const auto made, ports_.app.files.open_target(given_home_));
  HF_TRY(open_home());
  HF_TRY(const auto lock, lock_home());
  ApplianceFiles files(*home_, ports_.app.clock, language_, ports_.memory_bytes);
  const appliance::CommandLine command = command_line(ports_.program, home_->name());
  appliance::Appliance appliance(
      {ports_.app.clock, ports_.bell, ports_.processes, *home_, files, log_, ports_.watches},
      command);
  ApplianceBoxState state(appliance, *home_, ports_.app.clock, ports_.pages, language_);
  AppliancePages pages(ports_.pages,
                       {*home_, ports_.app.clock, ports_.app.random, ports_.processes},
                       {{ports_.program, home_->name(), command.environment}}, state, log_,
                       ports_.app.console.host_name());
  log_.say("daemon.log.ready", {{"home", home_->name()}});
  ports_.tell_manager("READY=1");
  live(appliance, pages, files);
  log_.say("daemon.log.stopped");
  return ExitCode::done;
}

void Daemon::live(appliance::Appliance& appliance, AppliancePages& pages,
                  const ApplianceFiles& files) {
  const std::int64_t patience_ns =
      ports_.watchdog_ns ? *ports_.watchdog_ns / kWatchdogShare : kLongest_ns;
  bool is_stopping = false;
  while (true) {
    if (requests_.reload.exchange(false)) {
      appliance.reload();
      pages.reload();
    }
    if (requests_.stop.exchange(false) && !is_stopping) {
      is_stopping = true;
      log_.say("daemon.log.stopping");
      ports_.tell_manager("STOPPING=1");
      appliance.stop();
      pages.begin_stop();
    }
    std::int64_t next_ns = appliance.turn();
    next_ns = std::min(next_ns, pages.turn(files.appliance()));
    appliance.hear_of_pages(pages.complaints());
    if (is_stopping && appliance.is_idle() && pages.is_idle()) return;
    ports_.tell_manager("WATCHDOG=1");
    const std::int64_t latest_ns = ports_.app.clock.monotonic_ns() + patience_ns;
    static_cast<void>(ports_.bell.wait_until(std::min(next_ns, latest_ns)));
  }
}

}  // namespace

int run_daemon(const DaemonPorts& ports, const Environment& environment,
               const std::vector<std::string>& arguments, DaemonRequests& requests) {
  const messages::Language language = language_of(environment);
  const auto options = parse_daemon_options(arguments, language);
  Result<ExitCode> outcome = ExitCode::done;
  if (!options) {
    outcome = options.error();
  } else if (!options->text.empty()) {
    const auto printed = ports.app.console.write(options->text);
    if (!printed) outcome = printed.error();
  } else {
    Daemon daemon(ports, environment, *options, requests);
    outcome = options->only_check ? daemon.check() : daemon.run();
  }
  if (outcome) return static_cast<int>(*outcome);
  ports.app.console.write_error(error_line(language, outcome.error(), "holdfastd"));
  return static_cast<int>(exit_code_of(outcome.error()));
}

}  // namespace holdfast::app
