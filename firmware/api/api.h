// SPDX-License-Identifier: Apache-2.0
// What may be asked of the box over HTTP: docs/api.yaml has all of it.
//
//   request -> whose page? -> whose session? -> its change word -> its right -> verb or own answer
//
// Each step that says no answers with a problem document and leaves a line in the audit log.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "firmware/api/accounts.h"
#include "firmware/api/audit_log.h"
#include "firmware/api/box_facts.h"
#include "firmware/api/box_state.h"
#include "firmware/api/byte_range.h"
#include "firmware/api/call_rules.h"
#include "firmware/api/exchange.h"
#include "firmware/api/first_boot.h"
#include "firmware/api/gate.h"
#include "firmware/api/hooks.h"
#include "firmware/api/kept.h"
#include "firmware/api/refusals.h"
#include "firmware/api/sessions.h"
#include "firmware/api/sound_sizes.h"
#include "firmware/api/verb_runner.h"

namespace holdfast::api {

// Streams of events hold a thread of the server each: so many may be open, and a server needs more
// threads than that.
inline constexpr int kStreamsMax = 32;

// Logins hold a thread each while they wait for the one that is looked at.
inline constexpr int kLoginsMax = 3;

// All must outlive the Api.
struct ApiPorts {
  ports::Disk& home;
  ports::Clock& clock;
  ports::Random& random;
  ports::Processes& processes;
};

struct ApiSettings {
  VerbSettings verbs;
  std::uint8_t login_log2_n = kLoginLog2N;
};

class Api final : public ports::HttpHandler {
 public:
  Api(const ApiPorts& ports, ApiSettings settings, BoxState& state);

  void handle(const ports::HttpRequest& request, ports::HttpAnswer& answer) override;
  [[nodiscard]] ports::HttpRefusal refusal_of(int status) override;
  bool refused(const std::string& peer, int status, std::uint64_t count) override;
  // Refusals that got no line of their own get one together, once a minute, and in the end.
  bool tell_refused(std::uint64_t more, bool is_last) override;

  // To be shown in front of the machine as long as nobody can log in; nothing once there is an
  // account, and while the last code has been tried too often. For the screen alone: it makes
  // codes.
  [[nodiscard]] std::optional<std::string> first_boot_code();
  // From now on. Any thread.
  void set_call_rules(CallRules rules) { rules_.set(std::move(rules)); }
  // The same; where exports may go.
  void set_export_folders(std::vector<std::string> folders) { exports_.set(std::move(folders)); }
  // The same; how the box is set up and reached.
  void set_box_facts(BoxFacts facts) { facts_.set(std::move(facts)); }
  // Requests that are at work end soon. For the end of the daemon, before the listener stops.
  void stop();

 private:
  // Who asks, once that is known.
  struct Visit {
    std::optional<Session> session;
    Actor actor;
  };
  using Answer = void (Api::*)(Exchange&, const Visit&, const Values&);
  struct OwnRoute {
    std::string_view method;
    std::string_view path;
    Right right;
    // Of values besides those of the path, ' ' between; behind it how a body writes it: * a list of
    // texts, ? true or false, # a number, nothing a text.
    std::string_view names;
    Answer answer;
  };
  static const std::vector<OwnRoute>& own_routes();

  void dispatch(Exchange& exchange, Visit& visit, std::string_view path);
  // What the request is about, and who may do it; false: it has been answered.
  [[nodiscard]] bool admit(Exchange& exchange, Right right, Visit& visit);
  [[nodiscard]] Visit visit_of(Exchange& exchange);
  void refuse(Exchange& exchange, const Visit& visit, int status, std::string_view code,
              std::string_view where = {}, const ports::HttpFields& more = {});
  // `account`: that a login named; it need not exist.
  void note_refusal(Exchange& exchange, const Visit& visit, std::string_view code,
                    const std::optional<std::string>& account = {});
  [[nodiscard]] bool note(const Visit& visit, std::string_view action, std::string_view subject,
                          std::string_view outcome);
  void answer_own(Exchange& exchange, Visit& visit, const OwnRoute& route, Values values);
  [[nodiscard]] static std::optional<Values> take_values(Exchange& exchange, Values path_values,
                                                         const Exchange::KindOf& kind_of);

  void answer_verb(Exchange& exchange, Visit& visit, const Route& route, Values values);
  static void mask_unless_told_why(const Visit& visit, Values& values);
  void answer_content(Exchange& exchange, const Visit& visit, const Values& values);
  // One file of a snapshot.
  struct Content {
    std::uint64_t size = 0;
    std::string snapshot;  // its number
    std::string tag;       // names these very bytes
  };
  // What a verb hands out of it.
  struct Sending {
    std::string_view verb;
    std::string_view type;
  };
  [[nodiscard]] std::optional<Content> find_content(Exchange& exchange, const Values& values);
  [[nodiscard]] bool has_reason(Exchange& exchange, const Visit& visit, const Values& values);
  void send_bytes(Exchange& exchange, const Visit& visit, const Values& values,
                  const Content& content, const Sending& sending);
  void note_stopped(const Visit& visit, const std::vector<std::string>& words, const Error& error);
  static void send_refused(Exchange& exchange, const Error& error);
  [[nodiscard]] static Result<std::vector<std::string>> words_of_part(
      const Values& values, const Content& content, std::string_view verb,
      const std::optional<ByteRange>& part);
  void answer_sound(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_peaks(Exchange& exchange, const Visit& visit, const Values& values);
  // Names the sound of these bytes under that name; empty: its bytes have no name.
  [[nodiscard]] static std::string sound_key(const Content& content, std::string_view path);
  [[nodiscard]] std::optional<VerbAnswer> ask_sound(Exchange& exchange, const Visit& visit,
                                                    Values values, Content& content);
  void answer_status(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_jobs(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_events(Exchange& exchange, const Visit& visit, const Values& values);
  void stream_events(Exchange& exchange, const Visit& visit);
  // The session is open and its account as it was when it was opened.
  [[nodiscard]] bool is_still_there(Exchange& exchange, const Visit& visit);
  void ask_by_hook(Exchange& exchange, const Visit& visit, const Values& values);
  void ask_job(Exchange& exchange, const Visit& visit, const Values& values);
  void cancel_job(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_session(Exchange& exchange, const Visit& visit, const Values& values);
  void log_in(Exchange& exchange, const Visit& visit, const Values& values);
  // The account that may come in, or the problem to be told.
  [[nodiscard]] std::optional<Problem> check_login(Exchange& exchange, const Visit& visit,
                                                   const Values& values);
  // Whether that is the account's password, as often as the gate lets anybody ask.
  [[nodiscard]] std::optional<Problem> try_password(Exchange& exchange, const Visit& visit,
                                                    const std::string& account, ByteView password,
                                                    std::string_view code);
  void answer_page(Exchange& exchange, std::string_view path);
  void answer_plain(Exchange& exchange);
  void log_in_plainly(Exchange& exchange, const Visit& visit);
  void log_out(Exchange& exchange, const Visit& visit, const Values& values);
  [[nodiscard]] bool is_first_boot() const;
  void make_first(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_audit(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_exports(Exchange& exchange, const Visit& visit, const Values& values);
  void ask_export(Exchange& exchange, const Visit& visit, const Values& values);
  void cancel_export(Exchange& exchange, const Visit& visit, const Values& values);
  void cancel_by(Exchange& exchange, const Visit& visit, const Values& values,
                 Result<void> (BoxState::*cancel)(std::uint64_t job));
  void answer_appliance(Exchange& exchange, const Visit& visit, const Values& values);
  void answer_appliance_file(Exchange& exchange, const Visit& visit, const Values& values);
  void export_audit(Exchange& exchange, const Visit& visit, const Values& values);
  void export_reconciliation(Exchange& exchange, const Visit& visit, const Values& values);
  void export_drills(Exchange& exchange, const Visit& visit, const Values& values);
  void export_statistics(Exchange& exchange, const Visit& visit, const Values& values);
  // A verb's output as it comes, of any size, as a file to be kept: never shown as a page here.
  struct Download {
    std::string_view verb;  // words, as a route has them
    std::string_view name;  // of the file
    std::string_view type;
  };
  void send_download(Exchange& exchange, const Visit& visit, const Values& values,
                     const Download& download);
  void answer_accounts(Exchange& exchange, const Visit& visit, const Values& values);
  void add_account(Exchange& exchange, const Visit& visit, const Values& values);
  void remove_account(Exchange& exchange, const Visit& visit, const Values& values);
  void change_account(Exchange& exchange, const Visit& visit, const Values& values);
  void open_session(Exchange& exchange, const Visit& visit, const std::string& account);
  // Notes it in the log; an error: nobody is let in.
  [[nodiscard]] Result<Sessions::Opened> enter(const std::string& account, const std::string& peer,
                                               Role& role);
  // Begins with a line in the log, or does nothing.
  void change_accounts(Exchange& exchange, const Visit& visit, std::string_view action,
                       const std::string& account, const std::function<Result<void>()>& change);
  void finish_change(Exchange& exchange, const Visit& visit, std::string_view action,
                     const std::string& account, const Result<void>& done);

  ports::Disk& home_;
  ports::Clock& clock_;
  BoxState& state_;
  std::atomic<int> streams_ = 0;  // of events, open now
  std::atomic<int> logins_ = 0;   // at work or waiting
  Accounts accounts_;
  Sessions sessions_;
  Gate gate_;
  Hooks hooks_;
  HookPace hook_pace_;
  FirstBoot first_boot_;
  AuditLog audit_;
  // Each kind has its lines, so that none hides another one: passwords and codes that were tried,
  // other requests of who is logged in, and all else.
  Refusals tries_;
  Refusals of_accounts_;
  Refusals of_strangers_;
  Kept<CallRules> rules_;
  Kept<std::vector<std::string>> exports_;  // plain folders; whether a medium is there is not known
  Kept<BoxFacts> facts_;
  SoundSizes sounds_;
  VerbRunner verbs_;
};

}  // namespace holdfast::api
