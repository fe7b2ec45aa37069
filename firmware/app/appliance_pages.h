// SPDX-License-Identifier: Apache-2.0
// The pages of the appliance: opens the addresses that appliance.toml names, with a certificate of
// the box's own unless somebody gave it one, and tells pages what the appliance knows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/api/api.h"
#include "firmware/app/appliance_config.h"
#include "firmware/app/appliance_log.h"
#include "firmware/app/audit_signer.h"
#include "firmware/app/page_identity.h"
#include "firmware/appliance/appliance.h"

namespace holdfast::app {

// References must outlive what uses them.
struct PagePorts {
  ports::HttpServer& server;
  ports::Certificates& certificates;
  std::function<std::unique_ptr<ports::Bell>()> make_bell;
};

// What pages see of the appliance. Any thread.
class ApplianceBoxState final : public api::BoxState {
 public:
  ApplianceBoxState(appliance::Appliance& appliance, ports::Disk& home, ports::Clock& clock,
                    PagePorts pages, messages::Language language)
      : appliance_(appliance),
        home_(home),
        clock_(clock),
        pages_(std::move(pages)),
        language_(language) {}

  [[nodiscard]] std::string status() override;
  [[nodiscard]] std::string jobs(api::JobLogs logs) override;
  [[nodiscard]] std::uint64_t version() override { return appliance_.state()->revision; }
  void wait_for_change(std::uint64_t version, std::int64_t timeout_ns) override;
  [[nodiscard]] Result<std::uint64_t> ask(const api::JobWish& wish) override;
  [[nodiscard]] Result<std::uint64_t> ask_export(const api::ExportWish& wish) override;
  void look_at_settings() override { appliance_.reload(); }
  [[nodiscard]] Result<void> cancel(std::uint64_t job) override;
  [[nodiscard]] Result<void> cancel_export(std::uint64_t job) override;

 private:
  // no_business; bad names are invalid_argument. A job of one that is not there would only fail.
  [[nodiscard]] Result<void> check_business(const std::string& name);

  appliance::Appliance& appliance_;
  ports::Disk& home_;
  ports::Clock& clock_;
  PagePorts pages_;
  messages::Language language_;
};

// One thread.
class AppliancePages {
 public:
  AppliancePages(const PagePorts& pages, const api::ApiPorts& ports, api::ApiSettings settings,
                 api::BoxState& state, ApplianceLog& log, std::string host_name)
      : pages_(pages),
        ports_(ports),
        log_(log),
        identity_(pages.certificates, ports.home, ports.clock, std::move(host_name)),
        signer_(ports.processes, ports.clock, sign_request(settings.verbs),
                [&log](const std::string& why) {
                  log.say("daemon.log.audit_not_signed", {{"what", why}});
                }),
        api_(ports, std::move(settings), state) {}

  // Opens what is named and not open yet, closes what is named no more, and shows the code of the
  // first boot as long as there is no account. An address that cannot be opened, or a certificate
  // that cannot be taken, is told in the log once and stands among the complaints, and is tried
  // again; all else goes on without it. What does not fit the certificate that counts is told so,
  // too. The monotonic time of the next turn. Waits for no request: an address that is closed lets
  // those at work end.
  std::int64_t turn(const ApplianceSettings& settings);
  // The next turn tries all at once, and looks at the certificate anew: if there is another one, it
  // opens all addresses again.
  void reload();
  // What was not as it should be at the last turn.
  [[nodiscard]] const std::vector<status::Reason>& complaints() const { return complaints_; }
  // From now on no request is taken, and what is at work is asked to end: turn() opens nothing any
  // more. Returns at once.
  void begin_stop();
  // No request is at work, and the audit log is signed. Looked at by turn().
  [[nodiscard]] bool is_idle() const {
    return listeners_.empty() && closing_.empty() && signer_.is_idle();
  }

 private:
  struct Listener {
    ListenAddress address;
    std::unique_ptr<ports::HttpListener> open;  // nullptr: not yet
    std::optional<Error> error;                 // why
  };
  [[nodiscard]] static ports::ProcessRequest sign_request(const api::VerbSettings& verbs);
  void close(Listener& listener);
  void close_all_but(const std::vector<ListenAddress>& wanted);
  void look_at_identity(const ApplianceSettings& settings);
  void open(Listener& listener);
  void open_all(const ApplianceSettings& settings);
  void note_facts(const ApplianceSettings& settings);
  // Nothing, if there is no error.
  [[nodiscard]] std::string text_of(const std::optional<Error>& error) const;
  void tell(const std::string& about, std::string_view key, const std::string& why);
  void show_first_code();

  PagePorts pages_;
  api::ApiPorts ports_;
  ApplianceLog& log_;
  PageIdentity identity_;
  std::optional<Error> identity_error_;  // of its last look
  bool must_look_ = false;
  AuditSigner signer_;
  api::Api api_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<ports::HttpListener>> closing_;
  bool is_stopping_ = false;
  std::int64_t next_try_ns_ = 0;
  std::map<std::string, std::string> told_;  // in the log, by address; of a certificate: see tell()
  std::vector<status::Reason> complaints_;
  std::string shown_code_;
};

}  // namespace holdfast::app
