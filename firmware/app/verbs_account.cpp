// SPDX-License-Identifier: Apache-2.0
// account: who may use the pages, from in front of the box.
#include "firmware/api/accounts.h"
#include "firmware/api/one_time_code.h"
#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

constexpr std::uint64_t kPasswordFileMax = 4096;

Result<std::unique_ptr<api::Accounts>> open_accounts(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  return std::make_unique<api::Accounts>(*home, session.ports().clock, session.ports().random);
}

// What the accounts refuse, in the words that pages use, too.
Result<ExitCode> tell(Session& session, const std::string& name, Result<void> done,
                      std::string_view key) {
  if (!done && done.error().code == ErrorCode::invalid_argument) {
    return usage_error(session.language(), "api.problem." + done.error().arguments.front().value,
                       {{"where", name}});
  }
  if (!done) return std::move(done.error());
  session.set_committed();
  if (session.wants_json()) {
    session.json().field("account", name);
    session.write_committed();
  }
  session.say(key, {{"name", name}});
  return ExitCode::done;
}

Result<api::Role> parse_role(Session& session, const std::string& text) {
  const auto role = api::parse_role(text);
  if (!role) return usage_error(session.language(), "api.problem.role_name", {{"where", text}});
  return *role;
}

// From a file, or typed twice.
Result<SecretBytes> new_password(Session& session, const std::string& file) {
  if (!file.empty()) return session.read_secret_line(file, kPasswordFileMax);
  ports::Console& console = session.ports().console;
  HF_TRY(auto typed, console.ask_secret(session.text("cli.prompt.new_password")));
  if (!typed) return usage_error(session.language(), "cli.usage.no_password");
  HF_TRY(const auto again, console.ask_secret(session.text("cli.prompt.password_again")));
  const bool is_same = again && std::ranges::equal(again->view(), typed->view());
  if (!is_same) return usage_error(session.language(), "cli.usage.passphrases_differ");
  return std::move(*typed);
}

}  // namespace

Result<ExitCode> run_account_list(Session& session) {
  HF_TRY(const auto accounts, open_accounts(session));
  HF_TRY(const std::vector<api::Account> list, accounts->list());
  if (session.wants_json()) {
    api::write_accounts(session.json(), list);
    return ExitCode::done;
  }
  if (list.empty()) session.say("cli.account.none");
  if (list.empty()) return ExitCode::done;
  Table table({{session.text("cli.column.name")},
               {session.text("cli.column.role")},
               {session.text("cli.column.code")},
               {session.text("cli.column.locked")},
               {session.text("cli.column.made")}});
  for (const api::Account& each : list) {
    table.add({each.name, std::string(api::name_of(each.role)),
               session.text(each.has_code ? "cli.yes" : "cli.no"),
               session.text(each.is_locked ? "cli.yes" : "cli.no"), time_text(each.made)});
  }
  table.print(session.out());
  return ExitCode::done;
}

Result<ExitCode> run_account_add(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const api::Role role, parse_role(session, options.role));
  HF_TRY(const auto accounts, open_accounts(session));
  HF_TRY(const SecretBytes password, new_password(session, options.password_file));
  return tell(session, options.name, accounts->add(options.name, role, password.view()),
              "cli.account.added");
}

Result<ExitCode> run_account_remove(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const auto accounts, open_accounts(session));
  return tell(session, options.name, accounts->remove(options.name), "cli.account.removed");
}

Result<ExitCode> run_account_role(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const api::Role role, parse_role(session, options.role));
  HF_TRY(const auto accounts, open_accounts(session));
  return tell(session, options.name, accounts->set_role(options.name, role), "cli.account.changed");
}

Result<ExitCode> run_account_lock(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const auto accounts, open_accounts(session));
  return tell(session, options.name, accounts->set_locked(options.name, true),
              "cli.account.locked");
}

Result<ExitCode> run_account_unlock(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const auto accounts, open_accounts(session));
  return tell(session, options.name, accounts->set_locked(options.name, false),
              "cli.account.unlocked");
}

Result<ExitCode> run_account_password(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const auto accounts, open_accounts(session));
  HF_TRY(const SecretBytes password, new_password(session, options.password_file));
  return tell(session, options.name, accounts->set_password(options.name, password.view()),
              "cli.account.changed");
}

// The secret is shown once: it is kept nowhere but in the telephone and in home.
Result<ExitCode> run_account_code(Session& session, const AccountOptions& options) {
  session.begin_writing(false);
  HF_TRY(const auto accounts, open_accounts(session));
  if (options.off) {
    return tell(session, options.name, accounts->set_code_secret(options.name, std::nullopt),
                "cli.account.changed");
  }
  const auto secret = session.ports().random.array<api::kCodeSecretSize>();
  HF_TRY(const ExitCode code,
         tell(session, options.name, accounts->set_code_secret(options.name, ByteView(secret)),
              "cli.account.code"));
  const std::string address =
      api::code_address(secret, options.name, session.ports().console.host_name());
  if (session.wants_json()) {
    session.json().field("address", address);
  } else {
    session.out() << address << '\n';
  }
  return code;
}

}  // namespace holdfast::app
