// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "firmware/api/audit_line.h"
#include "firmware/api/verb_problem.h"

namespace holdfast::api {

namespace {

constexpr std::string_view kPrefix = "/api/v1/";
constexpr std::string_view kChangeField = "X-Holdfast-Change";
// With any value: the page asks by itself, and nobody need sit before it.
constexpr std::string_view kOwnField = "X-Holdfast-Own";
// A browser takes its stream up again by itself, and cannot send the field with it.
constexpr std::string_view kEventsPath = "/api/v1/events";
// So soon a page hears of a change, and the end of the daemon is seen; and no faster: a backup that
// runs changes the state all the time.
constexpr std::int64_t kEventWait_ns = 1'000'000'000;
constexpr std::int64_t kEventPause_ns = 500'000'000;
// What the appliance reads from home.
constexpr std::array<std::string_view, 2> kSettings = {"/businesses", "/businesses/{business}"};
constexpr std::string_view kLook = "business preview ";
constexpr std::string_view kMaskedFlag = "--masked?";
constexpr int kToldRowsMax = 20;  // with whole numbers, for a reason
// Of the subject of a refusal, as it stands in the line.
constexpr std::size_t kMethodMax = 16;
constexpr std::size_t kRefusedMax = 200;
constexpr std::size_t kTriedMax = 128;
constexpr std::int64_t kSessionLook_ns = 5'000'000'000;
constexpr int kSilenceMax = 2;  // waits without a word: then a beat says that the box is there
// What a page may ask for. Deleting is for those who rule, and a restore needs more than a name.
constexpr std::array<std::string_view, 7> kJobKinds = {"backup", "verify", "drill", "packs",
                                                       "tend",   "scrub",  "heal"};

bool is_at_most(std::string_view text, int most) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end && value <= most;
}

// Of the names of an own route.
std::optional<ValueKind> kind_among(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    std::string_view word = names.substr(0, names.find(' '));
    names.remove_prefix(std::min(names.size(), word.size() + 1));
    ValueKind kind = ValueKind::text;
    if (word.ends_with('*')) kind = ValueKind::texts;
    if (word.ends_with('?')) kind = ValueKind::truth;
    if (word.ends_with('#')) kind = ValueKind::number;
    if (kind != ValueKind::text) word.remove_suffix(1);
    if (word == name) return kind;
  }
  return std::nullopt;
}

}  // namespace

Api::Api(const ApiPorts& ports, ApiSettings settings, BoxState& state)
    : home_(ports.home),
      clock_(ports.clock),
      state_(state),
      accounts_(ports.home, ports.clock, ports.random, settings.login_log2_n),
      sessions_(ports.clock, ports.random),
      gate_(ports.clock),
      hooks_(ports.home, ports.clock, ports.random),
      hook_pace_(ports.clock),
      first_boot_(ports.clock, ports.random),
      audit_(ports.home, ports.clock),
      tries_(ports.clock, {.of_peer = kTriesOfPeer}),
      of_accounts_(ports.clock, {.a_day = {}}),
      of_strangers_(ports.clock, {}),
      verbs_(ports.processes, ports.clock, std::move(settings.verbs)) {}

const std::vector<Api::OwnRoute>& Api::own_routes() {
  static const std::vector<OwnRoute> kRoutes = {
      {"GET", "/status", Right::look, "", &Api::answer_status},
      {"GET", "/jobs", Right::look, "", &Api::answer_jobs},
      {"POST", "/jobs", Right::run, "kind business ignore_window?", &Api::ask_job},
      {"DELETE", "/jobs/{job}", Right::run, "", &Api::cancel_job},
      {"POST", "/hooks/backup/{business}", Right::none, "", &Api::ask_by_hook},
      {"GET", "/events", Right::look, "", &Api::answer_events},
      {"GET", "/session", Right::none, "", &Api::answer_session},
      {"POST", "/session", Right::none, "account password code", &Api::log_in},
      {"DELETE", "/session", Right::look, "", &Api::log_out},
      {"POST", "/first-administrator", Right::none, "code account password", &Api::make_first},
      {"GET", "/exports", Right::hear, "", &Api::answer_exports},
      {"POST", "/exports", Right::hear, "business snapshot# path* folder reason with_rows?",
       &Api::ask_export},
      {"DELETE", "/exports/{job}", Right::hear, "", &Api::cancel_export},
      {"GET", "/audit", Right::hear, "before actor action from to", &Api::answer_audit},
      {"GET", "/audit/export", Right::hear, "csv actor action from to", &Api::export_audit},
      {"GET", "/appliance", Right::look, "", &Api::answer_appliance},
      {"GET", "/appliance-file", Right::rule, "", &Api::answer_appliance_file},
      {"GET", "/accounts", Right::rule, "", &Api::answer_accounts},
      {"POST", "/accounts", Right::rule, "account role password", &Api::add_account},
      {"DELETE", "/accounts/{name}", Right::rule, "", &Api::remove_account},
      {"PATCH", "/accounts/{name}", Right::look, "role locked? password old_password",
       &Api::change_account},
      {"GET", "/businesses/{business}/reconciliation/export", Right::hear, "csv snapshot",
       &Api::export_reconciliation},
      {"GET", "/businesses/{business}/drills/export", Right::look, "month", &Api::export_drills},
      {"GET", "/businesses/{business}/statistics/export", Right::look, "from to",
       &Api::export_statistics},
      {"GET", "/businesses/{business}/content", Right::hear, "path snapshot reason",
       &Api::answer_content},
      {"GET", "/businesses/{business}/sound", Right::hear, "path snapshot reason",
       &Api::answer_sound},
      {"GET", "/businesses/{business}/peaks", Right::hear, "path snapshot reason count",
       &Api::answer_peaks},
  };
  return kRoutes;
}

void Api::handle(const ports::HttpRequest& request, ports::HttpAnswer& answer) {
  Exchange exchange(request, answer);
  const std::string_view path = request.path;
  Visit visit;
  visit.actor.peer = request.peer;
  if (path.starts_with(kPrefix)) {
    visit = visit_of(exchange);
    dispatch(exchange, visit, path.substr(kPrefix.size() - 1));
  } else {
    answer_page(exchange, path);
  }
  const bool is_refused = exchange.status() >= 400 && exchange.status() < 500;
  if (is_refused && !exchange.is_noted()) note_refusal(exchange, visit, exchange.problem_code());
}

ports::HttpRefusal Api::refusal_of(int status) {
  const Problem problem = make_problem(status, "http_" + std::to_string(status), {},
                                       messages::Language::english);  // which one is not known
  ports::HttpFields fields = safe_fields();
  fields.emplace_back("Content-Type", "application/problem+json");
  return {fields, problem_document(problem)};
}

bool Api::refused(const std::string& peer, int status, std::uint64_t count) {
  const auto all = of_strangers_.count(peer, count);
  if (!all) return true;
  const std::string subject = *all > 1 ? "(" + std::to_string(*all) + ")" : "";
  const bool is_noted =
      audit_.append({"", "", peer, "request", subject, "http_" + std::to_string(status)})
          .has_value();
  if (!is_noted) of_strangers_.give_back(*all);
  return is_noted;
}

bool Api::tell_refused(std::uint64_t more, bool is_last) {
  of_strangers_.give_back(more);
  std::uint64_t rest = 0;
  for (Refusals* each : {&tries_, &of_accounts_, &of_strangers_}) {
    rest += each->take_rest(is_last).value_or(0);
  }
  if (rest == 0) return true;
  const bool is_noted =
      audit_.append({"", "", "", "request", "(" + std::to_string(rest) + ")", "refused"})
          .has_value();
  if (!is_noted) of_strangers_.give_back(rest);
  return is_noted;
}

void Api::dispatch(Exchange& exchange, Visit& visit, std::string_view path) {
  std::string_view wanted = exchange.request().method;
  if (wanted == "HEAD") wanted = "GET";
  std::set<std::string_view> allowed;
  for (const OwnRoute& route : own_routes()) {
    Values values;
    if (!match_path(route.path, path, values)) continue;
    if (route.method == wanted) return answer_own(exchange, visit, route, std::move(values));
    allowed.insert(route.method);
  }
  for (const Route& route : routes()) {
    Values values;
    if (!match_path(route.path, path, values)) continue;
    if (route.method == wanted) return answer_verb(exchange, visit, route, std::move(values));
    allowed.insert(route.method);
  }
  if (allowed.empty()) return exchange.send_problem(404, "no_page", path);
  std::string list;
  for (const std::string_view each : allowed) {
    list += (list.empty() ? "" : ", ") + std::string(each);
    if (each == "GET") list += ", HEAD";
  }
  exchange.send_problem(405, "method", path, {{"Allow", list}});
}

void Api::answer_own(Exchange& exchange, Visit& visit, const OwnRoute& route, Values values) {
  if (!admit(exchange, route.right, visit)) return;
  const std::size_t of_path = values.size();
  const auto kind_of = [&](std::string_view name) { return kind_among(route.names, name); };
  const auto all = take_values(exchange, std::move(values), kind_of);
  if (!all) return;
  std::set<std::string_view> seen;
  for (std::size_t i = of_path; i < all->size(); ++i) {
    const std::string& name = (*all)[i].first;
    const auto kind = kind_of(name);
    if (!kind) return exchange.send_problem(400, "value_unknown", name);
    if (!seen.insert(name).second && *kind != ValueKind::texts) {
      return exchange.send_problem(400, "value_twice", name);
    }
  }
  (this->*route.answer)(exchange, visit, *all);
}

Api::Visit Api::visit_of(Exchange& exchange) {
  Visit visit;
  visit.actor.peer = exchange.request().peer;
  const std::string_view token = exchange.session_token();
  if (token.empty()) return visit;
  const ports::HttpRequest& request = exchange.request();
  const bool is_own =
      ports::field_of(request.fields, kOwnField).has_value() || request.path == kEventsPath;
  auto session = is_own ? sessions_.peek(token) : sessions_.find(token);
  if (!session) return visit;
  // What changed since counts at once: the account is gone or locked, its role or its password
  // another one.
  const auto accounts = accounts_.list();
  if (!accounts) return visit;
  const auto found = std::ranges::find(*accounts, session->account, &Account::name);
  if (found == accounts->end() || found->is_locked || found->credential != session->credential) {
    sessions_.close(token);
    return visit;
  }
  visit.actor.account = found->name;
  visit.actor.role = found->role;
  visit.session = std::move(session);
  return visit;
}

bool Api::admit(Exchange& exchange, Right right, Visit& visit) {
  if (exchange.is_change() && !exchange.is_same_origin()) {
    refuse(exchange, visit, 403, "origin");
    return false;
  }
  if (right == Right::none) return true;
  if (!visit.session) {
    refuse(exchange, visit, 401, "no_session");
    return false;
  }
  const auto word = ports::field_of(exchange.request().fields, kChangeField);
  if (exchange.is_change() && !(word && is_change_word(*visit.session, *word))) {
    refuse(exchange, visit, 403, "change_word");
    return false;
  }
  if (may(visit.actor.role, right)) return true;
  if (right == Right::find && rules_.get().is_masked(visit.actor.role)) return true;
  refuse(exchange, visit, 403, "role", name_of(visit.actor.role));
  return false;
}

void Api::refuse(Exchange& exchange, const Visit& visit, int status, std::string_view code,
                 std::string_view where, const ports::HttpFields& more) {
  note_refusal(exchange, visit, code);
  exchange.send_problem(status, code, where, more);
}

void Api::note_refusal(Exchange& exchange, const Visit& visit, std::string_view code,
                       const std::optional<std::string>& account) {
  exchange.set_noted();
  const bool is_try =
      code == "login" || code == "code_wrong" || code == "locked" || code == "first_code";
  Refusals& refusals = is_try ? tries_ : visit.session ? of_accounts_ : of_strangers_;
  const auto count = refusals.count(visit.actor.peer);
  if (!count) return;
  std::string subject = audit_cut(exchange.request().method, kMethodMax) + " " +
                        audit_word(exchange.request().path, kRefusedMax);
  if (account) subject += " account " + audit_word(*account, kTriedMax);
  if (*count > 1) subject += " (" + std::to_string(*count) + ")";
  // It is refused whether the log can be written or not.
  if (!note(visit, "request", subject, code)) refusals.give_back(*count);
}

bool Api::note(const Visit& visit, std::string_view action, std::string_view subject,
               std::string_view outcome) {
  const std::string_view role = visit.session ? name_of(visit.actor.role) : "";
  return audit_
      .append({visit.actor.account, std::string(role), visit.actor.peer, std::string(action),
               std::string(subject), std::string(outcome)})
      .has_value();
}

std::optional<Values> Api::take_values(Exchange& exchange, Values path_values,
                                       const Exchange::KindOf& kind_of) {
  auto values = exchange.values(kind_of);
  if (!values) {
    const std::string what = values.error().arguments.front().value;
    exchange.send_problem(what == "body_type" ? 415 : 400, what, values.error().where);
    return std::nullopt;
  }
  path_values.insert(path_values.end(), values->begin(), values->end());
  return path_values;
}

void Api::answer_verb(Exchange& exchange, Visit& visit, const Route& route, Values values) {
  if (!admit(exchange, route.right, visit)) return;
  auto all = take_values(exchange, std::move(values),
                         [&](std::string_view name) { return kind_in(route.verb, name); });
  if (!all) return;
  if (route.verb.find(kMaskedFlag) != route.verb.npos) mask_unless_told_why(visit, *all);
  const auto words = words_of(route.verb, *all);
  if (!words) {
    return exchange.send_problem(400, words.error().arguments.front().value, words.error().where);
  }
  const std::string_view input = input_of(route.verb, *all);
  const auto answer = route.verb.starts_with(kLook)
                          ? verbs_.look(*words, input, visit.actor, exchange.language())
                          : verbs_.ask(*words, input, visit.actor, exchange.language());
  if (!answer) return exchange.send_problem(problem_of(answer.error(), exchange.language()));
  const bool is_setting = std::ranges::find(kSettings, route.path) != kSettings.end();
  if (answer->exit_code == 0 && is_setting && route.method != "GET") state_.look_at_settings();
  if (has_document(answer->exit_code)) return exchange.send_json(200, answer->document);
  exchange.send_problem(problem_of(*answer, exchange.language()));
}

// Whoever may hear calls sees whole numbers; who may only find them gives a reason for that, which
// stands in the audit log, and sees a few rows that were looked for.
void Api::mask_unless_told_why(const Visit& visit, Values& values) {
  if (may(visit.actor.role, Right::hear)) return;
  const auto reason = value_of(values, "reason");
  if (reason && is_reason(*reason) && value_of(values, "where")) {
    const auto limit = value_of(values, "limit");
    const bool is_small = limit && is_at_most(*limit, kToldRowsMax);
    std::erase_if(values, [](const auto& each) { return each.first == "skip"; });
    if (is_small) return;
    std::erase_if(values, [](const auto& each) { return each.first == "limit"; });
    values.emplace_back("limit", std::to_string(kToldRowsMax));
    return;
  }
  std::erase_if(values, [](const auto& each) { return each.first == "masked"; });
  values.emplace_back("masked", "true");
}

void Api::answer_status(Exchange& exchange, const Visit&, const Values&) {
  exchange.send_json(200, state_.status());
}

void Api::answer_jobs(Exchange& exchange, const Visit& visit, const Values&) {
  const Role role = visit.actor.role;
  JobLogs logs = may(role, Right::run) ? JobLogs::masked : JobLogs::none;
  if (may(role, Right::hear)) logs = JobLogs::whole;
  exchange.send_json(200, state_.jobs(logs));
}

// Server-sent events: the version of the state, whenever it is another one. What is new is fetched:
// a page that was away for an hour needs the newest state and not an hour of events.
void Api::answer_events(Exchange& exchange, const Visit& visit, const Values&) {
  const std::string_view token = exchange.session_token();
  const bool has_room = ++streams_ <= kStreamsMax;
  if (has_room && sessions_.begin_stream(token)) {
    stream_events(exchange, visit);
    sessions_.end_stream(token);
  } else {
    exchange.send_problem(503, "streams");
  }
  --streams_;
}

bool Api::is_still_there(Exchange& exchange, const Visit& visit) {
  if (!sessions_.peek(exchange.session_token())) return false;
  const auto accounts = accounts_.list();
  if (!accounts) return false;
  const auto found = std::ranges::find(*accounts, visit.session->account, &Account::name);
  return found != accounts->end() && !found->is_locked &&
         found->credential == visit.session->credential;
}

// A stream is no use of its session: who leaves the page open is logged out all the same.
void Api::stream_events(Exchange& exchange, const Visit& visit) {
  ports::HttpFields fields = safe_fields();
  fields.emplace_back("Content-Type", "text/event-stream");
  if (!exchange.answer().begin(200, fields, std::nullopt)) return;
  std::optional<std::uint64_t> told;
  int silence = 0;
  std::int64_t looked_ns = clock_.monotonic_ns();
  while (!exchange.answer().is_stopping()) {
    if (clock_.monotonic_ns() - looked_ns >= kSessionLook_ns) {
      if (!is_still_there(exchange, visit)) return;
      looked_ns = clock_.monotonic_ns();
    }
    const std::uint64_t version = state_.version();
    std::string event;
    if (version != told) event = "event: state\ndata: " + std::to_string(version) + "\n\n";
    if (event.empty() && ++silence >= kSilenceMax) {
      event = "event: beat\ndata: " + std::to_string(version) + "\n\n";
    }
    if (!event.empty()) {
      if (!exchange.answer().write(view_of(event))) return;
      told = version;
      silence = 0;
      clock_.wait(kEventPause_ns);
    }
    state_.wait_for_change(version, kEventWait_ns);
  }
}

void Api::ask_job(Exchange& exchange, const Visit& visit, const Values& values) {
  const auto kind = value_of(values, "kind");
  if (!kind) return exchange.send_problem(400, "value_missing", "kind");
  const std::string business(value_of(values, "business").value_or(""));
  const bool is_prune = *kind == "prune";
  if (is_prune && !may(visit.actor.role, Right::rule)) {
    return refuse(exchange, visit, 403, "role", name_of(visit.actor.role));
  }
  if (!is_prune && std::ranges::find(kJobKinds, *kind) == kJobKinds.end()) {
    return exchange.send_problem(400, "job_kind", *kind);
  }
  const auto ignore = truth_of(values, "ignore_window");
  if (!ignore) return exchange.send_problem(400, "value_bytes", "ignore_window");
  const bool ignore_window = *ignore;
  if (ignore_window && *kind != "backup") {
    return exchange.send_problem(400, "value_unknown", "ignore_window");
  }
  std::string subject(*kind);
  if (!business.empty()) subject += " " + audit_word(business);
  if (ignore_window) subject += " --ignore-window";
  // Before it is asked for: the same job may wait already, and could not be taken back.
  if (!note(visit, "job", subject, "begun")) return exchange.send_problem(500, "audit");
  const auto job = state_.ask({.kind = std::string(*kind),
                               .business = business,
                               .account = visit.actor.account,
                               .ignore_window = ignore_window});
  (void)note(visit, "job", subject, job ? "ok" : holdfast::name_of(job.error().code));
  if (!job) return exchange.send_problem(problem_of(job.error(), exchange.language()));
  exchange.send_json(202, "{\"schema\":1,\"job\":" + std::to_string(*job) + "}\n");
}

void Api::cancel_job(Exchange& exchange, const Visit& visit, const Values& values) {
  cancel_by(exchange, visit, values, &BoxState::cancel);
}

void Api::cancel_by(Exchange& exchange, const Visit& visit, const Values& values,
                    Result<void> (BoxState::*cancel)(std::uint64_t job)) {
  const std::string text(value_of(values, "job").value_or(""));
  const bool is_number = !text.empty() && text.size() < 19 &&
                         text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) return exchange.send_problem(404, "no_job", text);
  if (!note(visit, "cancel", text, "begun")) return exchange.send_problem(500, "audit");
  const auto done = (state_.*cancel)(std::stoull(text));
  (void)note(visit, "cancel", text, done ? "ok" : holdfast::name_of(done.error().code));
  if (!done) return exchange.send_problem(404, "no_job", text);
  exchange.send(204, {}, {});
}

// A file that cannot be read is no first boot: whoever damages it must not become administrator.
bool Api::is_first_boot() const {
  const auto accounts = accounts_.list();
  return accounts && accounts->empty();
}

std::optional<std::string> Api::first_boot_code() {
  if (!is_first_boot()) return std::nullopt;
  return first_boot_.show();
}

void Api::stop() {
  verbs_.stop_all();
}

}  // namespace holdfast::api
