// SPDX-License-Identifier: Apache-2.0
// init: keys and state of this box.
#include "firmware/app/arguments.h"
#include "firmware/app/share_plan.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

struct NewHome {
  std::string path;
  std::optional<BoxId> box;  // none: a dry run
  bool has_passphrase = false;
  std::optional<vault::SharePlan> shares;
  vault::Box::ShareFiles files;
};

void report(Session& session, const NewHome& home) {
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.path("home", home.path);
    if (home.box) {
      json.field("box", home.box->hex());
    } else {
      json.null("box");
    }
    json.field("passphrase", home.has_passphrase);
    json.field("machine_key_in_clear", true);
    write_shares(json, home.shares, home.files);
    session.write_committed();
  }
  session.say(home.box ? "cli.init.done" : "cli.init.would_do", {{"home", home.path}});
  if (!home.box) return;
  if (home.shares) tell_shares(session, *home.shares, home.files);
  session.note("cli.init.key_in_clear", {{"home", home.path}});
  if (!home.has_passphrase && !home.shares) session.note("cli.init.no_passphrase");
}

}  // namespace

Result<ExitCode> run_init(Session& session, const InitOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(auto shares, plan_shares(session, options.recovery_shares, options.recovery_out, {}));
  if (!shares && !options.recovery_shares.empty()) session.note("cli.init.no_shares");
  std::optional<SecretBytes> passphrase;
  const bool wants_passphrase = options.with_passphrase || session.has_passphrase_file();
  // A dry run looks at a file, but asks nobody.
  if (session.has_passphrase_file() || (wants_passphrase && !options.dry_run)) {
    HF_TRY(passphrase, session.passphrase(true));
    if (!passphrase) return usage_error(session.language(), "cli.usage.no_terminal");
  }
  if (options.dry_run) {
    HF_TRY(session.check_new_home());
    report(session,
           {session.home_as_given(), std::nullopt, wants_passphrase, std::move(shares), {}});
    return ExitCode::done;
  }
  std::optional<ByteView> secret;
  if (passphrase) secret = passphrase->view();
  HF_TRY(auto files, session.init_home(secret, shares));
  HF_TRY(const vault::Box* box, session.box());
  HF_TRY(std::string home, session.home_path());
  session.set_committed();
  report(session, {std::move(home), box->keyring().box(), passphrase.has_value(), std::move(shares),
                   std::move(files)});
  return ExitCode::done;
}

}  // namespace holdfast::app
