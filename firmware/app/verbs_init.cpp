// SPDX-License-Identifier: Apache-2.0
// init: keys and state of this box.
#include "firmware/app/arguments.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

Result<ExitCode> run_init(Session& session, const InitOptions& options) {
  session.set_committed(false);
  if (!options.recovery_shares.empty() || !options.recovery_out.empty()) {
    return usage_error(session.language(), "cli.usage.not_yet", {{"option", "--recovery-…"}});
  }
  std::optional<SecretBytes> passphrase;
  if (options.with_passphrase || session.has_passphrase_file()) {
    HF_TRY(passphrase, session.passphrase(true));
    if (!passphrase) return usage_error(session.language(), "cli.usage.no_terminal");
  }
  std::optional<ByteView> secret;
  if (passphrase) secret = passphrase->view();
  HF_TRY(session.init_home(secret));
  HF_TRY(const vault::Box* box, session.box());
  HF_TRY(const std::string home, session.home_path());
  session.set_committed(true);
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.path("home", home);
    json.field("box", box->keyring().box().hex());
    json.field("passphrase", passphrase.has_value());
    json.field("machine_key_in_clear", true);
    session.write_committed();
  }
  session.say("cli.init.done", {{"home", home}});
  session.warn("cli.init.key_in_clear", {{"home", home}});
  if (!passphrase) session.warn("cli.init.no_passphrase");
  return ExitCode::done;
}

}  // namespace holdfast::app
