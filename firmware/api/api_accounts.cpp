// SPDX-License-Identifier: Apache-2.0
// Logging in and out, and who may.
#include <algorithm>
#include <array>
#include <sstream>

#include "firmware/api/api.h"
#include "firmware/api/plain_page.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_writer.h"

namespace holdfast::api {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::uint32_t kFreeTriesOfPeer = 20;     // whatever the account
constexpr std::uint32_t kFreeTriesOfAccount = 50;  // from wherever
constexpr std::string_view kBusySeconds = "2";

// By the account from that address, by the address, and, milder, by the account. What can be no
// account's name has one record for all: strangers must not be able to fill the table with words.
std::array<GateKey, 3> gate_keys(std::string_view account, const std::string& peer) {
  const std::string name = is_account_name(account) ? std::string(account) : "?";
  return {GateKey{"both " + name + " " + peer}, GateKey{"peer " + peer, kFreeTriesOfPeer},
          GateKey{"account " + name, kFreeTriesOfAccount, 0}};
}

// Of those that say in how many seconds.
ports::HttpFields retry_fields(const Problem& problem) {
  if (problem.code != "wait" && problem.code != "login_busy") return {};
  return {{"Retry-After", problem.where}};
}

std::string seconds_of(std::int64_t wait_ns) {
  return std::to_string(wait_ns / kSecond_ns + 1);
}

std::string cookie_of(std::string_view token, std::string_view more) {
  return std::string(kSessionCookie) + "=" + std::string(token) +
         "; Path=/; Secure; HttpOnly; SameSite=Strict" + std::string(more);
}

// The session's own document; of nobody if there is none.
std::string session_document(const std::optional<Session>& session, Role role, bool is_first_boot,
                             const CallRules& rules) {
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    json.field("first_boot", is_first_boot);
    if (session) {
      json.field("account", session->account);
      json.field("role", std::string(name_of(role)));
      json.field("change", session->change_word);
      json.field("asks_reason", rules.asks_reason);
      json.field("masked", rules.is_masked(role));
    } else {
      json.null("account");
    }
    json.end();
  }
  return text.str();
}

}  // namespace

void Api::answer_session(Exchange& exchange, const Visit& visit, const Values&) {
  exchange.send_json(
      200, session_document(visit.session, visit.actor.role, is_first_boot(), rules_.get()));
}

Result<Sessions::Opened> Api::enter(const std::string& account, const std::string& peer,
                                    Role& role) {
  HF_TRY(const std::vector<Account> accounts, accounts_.list());
  const auto found = std::ranges::find(accounts, account, &Account::name);
  if (found == accounts.end() || found->is_locked) {
    return make_error(ErrorCode::not_found, account);
  }
  role = found->role;
  HF_TRY(audit_.append({account, std::string(name_of(role)), peer, "login", account, "ok"}));
  return sessions_.open(account, found->credential);
}

void Api::open_session(Exchange& exchange, const Visit& visit, const std::string& account) {
  Role role = Role::viewer;
  const auto opened = enter(account, visit.actor.peer, role);
  if (!opened) return exchange.send_problem(500, "audit");
  exchange.send_json(200, session_document(opened->session, role, false, rules_.get()),
                     {{"Set-Cookie", cookie_of(opened->token, "")}});
}

std::optional<Problem> Api::check_login(Exchange& exchange, const Visit& visit,
                                        const Values& values) {
  const auto name = value_of(values, "account");
  const auto password = value_of(values, "password");
  if (!name || !password) {
    return make_problem(400, "value_missing", name ? "password" : "account", exchange.language());
  }
  return try_password(exchange, visit, std::string(*name), view_of(*password),
                      value_of(values, "code").value_or(""));
}

std::optional<Problem> Api::try_password(Exchange& exchange, const Visit& visit,
                                         const std::string& account, ByteView password,
                                         std::string_view code) {
  const auto problem = [&](int status, std::string_view what, std::string_view where = {}) {
    note_refusal(exchange, visit, what, account);
    return make_problem(status, what, where, exchange.language());
  };
  const auto keys = gate_keys(account, visit.actor.peer);
  const std::int64_t wait_ns = gate_.enter(keys);
  if (wait_ns > 0) return problem(429, "wait", seconds_of(wait_ns));
  const bool is_busy = ++logins_ > kLoginsMax;
  const auto result =
      is_busy ? Result<LoginResult>(LoginResult::wrong) : accounts_.log_in(account, password, code);
  --logins_;
  const bool is_locked = result && *result == LoginResult::locked;
  const bool is_wrong =
      is_locked ||
      (result && (*result == LoginResult::wrong || *result == LoginResult::code_wrong));
  if (is_busy || !is_wrong) gate_.take_back(keys);
  if (is_busy) return problem(503, "login_busy", kBusySeconds);
  if (!result) return problem_of(result.error(), exchange.language());
  // Only the log tells one that is locked: whoever tries learns nothing of accounts or passwords.
  if (is_locked) note_refusal(exchange, visit, "locked", account);
  if (is_locked) return make_problem(401, "login", {}, exchange.language());
  // That the password is right is known to whoever is asked for a code.
  if (is_wrong) return problem(401, *result == LoginResult::code_wrong ? "code_wrong" : "login");
  if (*result == LoginResult::code_needed) {
    exchange.set_noted();  // the usual first step
    return make_problem(401, "code_needed", {}, exchange.language());
  }
  // The address keeps its failures: an account of one's own must not pay for guesses at others.
  gate_.clear(keys[0].who);
  return std::nullopt;
}

void Api::log_in(Exchange& exchange, const Visit& visit, const Values& values) {
  const auto problem = check_login(exchange, visit, values);
  if (!problem) {
    return open_session(exchange, visit, std::string(*value_of(values, "account")));
  }
  exchange.send_problem(*problem, retry_fields(*problem));
}

// A form of a browser without scripts: it can send no JSON and no word for changes, and needs none,
// since another site's form is told by its origin.
void Api::log_in_plainly(Exchange& exchange, const Visit& visit) {
  const messages::Language language = exchange.language();
  if (!exchange.is_same_origin()) return refuse(exchange, visit, 403, "origin");
  const Values values = parse_form(text_of(exchange.request().body));
  const auto problem = check_login(exchange, visit, values);
  if (problem) {
    exchange.set_problem_code(problem->code);
    return exchange.send(problem->status, "text/html; charset=utf-8",
                         plain_login(problem->title, language), retry_fields(*problem));
  }
  Role role = Role::viewer;
  const auto opened = enter(std::string(*value_of(values, "account")), visit.actor.peer, role);
  if (!opened) return exchange.send_problem(500, "audit");
  exchange.send(303, {}, {},
                {{"Location", "/plain"}, {"Set-Cookie", cookie_of(opened->token, "")}});
}

void Api::log_out(Exchange& exchange, const Visit& visit, const Values&) {
  sessions_.close(exchange.session_token());
  (void)note(visit, "logout", visit.actor.account, "ok");
  exchange.send(204, {}, {}, {{"Set-Cookie", cookie_of("", "; Max-Age=0")}});
}

void Api::make_first(Exchange& exchange, const Visit& visit, const Values& values) {
  for (const char* needed : {"code", "account", "password"}) {
    if (!value_of(values, needed)) return exchange.send_problem(400, "value_missing", needed);
  }
  if (!is_first_boot()) return refuse(exchange, visit, 409, "not_first");
  const std::string account(*value_of(values, "account"));
  // Before the code is taken: a weak password must not use it up.
  const auto fits = check_new_account(account, view_of(*value_of(values, "password")));
  if (!fits) {
    return refuse(exchange, visit, 400, fits.error().arguments.front().value, account);
  }
  const std::array keys = {GateKey{"first " + visit.actor.peer}};
  const std::int64_t wait_ns = gate_.enter(keys);
  if (wait_ns > 0) {
    const std::string seconds = seconds_of(wait_ns);
    return refuse(exchange, visit, 429, "wait", seconds, {{"Retry-After", seconds}});
  }
  if (!first_boot_.take(*value_of(values, "code"))) {
    return refuse(exchange, visit, 401, "first_code");
  }
  const Visit first{std::nullopt, {account, Role::administrator, visit.actor.peer}};
  if (!note(first, "account_add", account, "begun")) return exchange.send_problem(500, "audit");
  const auto made = accounts_.add_first(account, view_of(*value_of(values, "password")));
  if (!made) return finish_change(exchange, first, "account_add", account, made);
  if (!note(first, "account_add", account, "ok")) return exchange.send_problem(500, "audit");
  open_session(exchange, visit, account);
}

void Api::answer_accounts(Exchange& exchange, const Visit&, const Values&) {
  const auto accounts = accounts_.list();
  if (!accounts) return exchange.send_problem(problem_of(accounts.error(), exchange.language()));
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    write_accounts(json, *accounts);
    json.end();
  }
  exchange.send_json(200, text.str());
}

void Api::change_accounts(Exchange& exchange, const Visit& visit, std::string_view action,
                          const std::string& account, const std::function<Result<void>()>& change) {
  if (!note(visit, action, account, "begun")) return exchange.send_problem(500, "audit");
  finish_change(exchange, visit, action, account, change());
}

void Api::finish_change(Exchange& exchange, const Visit& visit, std::string_view action,
                        const std::string& account, const Result<void>& done) {
  const std::string_view outcome = done ? "ok" : holdfast::name_of(done.error().code);
  const bool is_noted = note(visit, action, account, outcome);
  if (done) return is_noted ? exchange.send(204, {}, {}) : exchange.send_problem(500, "audit");
  const Error& error = done.error();
  const bool has_words = error.code == ErrorCode::invalid_argument;
  if (has_words) return exchange.send_problem(400, error.arguments.front().value, account);
  exchange.send_problem(problem_of(error, exchange.language()));
}

void Api::add_account(Exchange& exchange, const Visit& visit, const Values& values) {
  for (const char* needed : {"account", "role", "password"}) {
    if (!value_of(values, needed)) return exchange.send_problem(400, "value_missing", needed);
  }
  const auto role = parse_role(*value_of(values, "role"));
  if (!role) return exchange.send_problem(400, "role_name", *value_of(values, "role"));
  const std::string account(*value_of(values, "account"));
  change_accounts(exchange, visit, "account_add", account, [&] {
    return accounts_.add(account, *role, view_of(*value_of(values, "password")));
  });
}

void Api::remove_account(Exchange& exchange, const Visit& visit, const Values& values) {
  const std::string account(value_of(values, "name").value_or(""));
  change_accounts(exchange, visit, "account_remove", account,
                  [&] { return accounts_.remove(account); });
}

// Its own password anybody may change, who knows the old one; all else is for administrators.
void Api::change_account(Exchange& exchange, const Visit& visit, const Values& values) {
  const std::string account(value_of(values, "name").value_or(""));
  const auto password = value_of(values, "password");
  const auto old_password = value_of(values, "old_password");
  const auto role = value_of(values, "role");
  const auto locked = value_of(values, "locked");
  const bool is_own =
      account == visit.actor.account && password && old_password && !role && !locked;
  if (is_own) {
    const auto problem = try_password(exchange, visit, account, view_of(*old_password), {});
    // Who is logged in has given a code already.
    if (problem && problem->code != "code_needed") {
      return exchange.send_problem(*problem, retry_fields(*problem));
    }
  } else if (!may(visit.actor.role, Right::rule)) {
    return refuse(exchange, visit, 403, "role", name_of(visit.actor.role));
  }
  // One thing at a time, so that none is passed over.
  if (role && (locked || password)) return exchange.send_problem(400, "value_unknown", "role");
  if (locked && password) return exchange.send_problem(400, "value_unknown", "locked");
  if (role) {
    const auto known = parse_role(*role);
    if (!known) return exchange.send_problem(400, "role_name", *role);
    return change_accounts(exchange, visit, "account_role", account,
                           [&] { return accounts_.set_role(account, *known); });
  }
  if (locked) {
    const auto is_locking = truth_of(values, "locked");
    if (!is_locking) return exchange.send_problem(400, "value_bytes", "locked");
    return change_accounts(exchange, visit, *is_locking ? "account_lock" : "account_unlock",
                           account, [&] { return accounts_.set_locked(account, *is_locking); });
  }
  if (!password) return exchange.send_problem(400, "value_missing", "password");
  change_accounts(exchange, visit, "account_password", account,
                  [&] { return accounts_.set_password(account, view_of(*password)); });
}

}  // namespace holdfast::api
