// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_pages.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace holdfast::app {

namespace {

constexpr std::int64_t kTryAgain_ns = 10'000'000'000;
constexpr std::int64_t kLookAgain_ns = 50'000'000;  // whether a listener has closed
constexpr std::int64_t kNever_ns = std::numeric_limits<std::int64_t>::max();
// Streams of events, verbs at work (12) and large answers (8) have theirs, and pages some more.
constexpr std::uint32_t kHandlersMax = api::kStreamsMax + 32;
constexpr std::uint64_t kBodyMax = 64 << 10;  // bytes: values of a form

std::string address_text(const ListenAddress& address) {
  const bool is_six = address.address.find(':') != std::string::npos;
  const std::string host = is_six ? "[" + address.address + "]" : address.address;
  return host + ":" + std::to_string(address.port);
}

status::Reason reason_of(std::string code, std::string where, const Error& error) {
  return {status::Verdict::attention, std::move(code), std::move(where), 0, std::nullopt, error};
}

}  // namespace

void AppliancePages::look_at_identity(const ApplianceSettings& settings) {
  const auto is_new = identity_.look(settings);
  identity_error_.reset();
  if (!is_new) {
    identity_error_ = is_new.error();
  } else if (*is_new) {
    // They are opened with the new one at once.
    for (Listener& listener : listeners_) close(listener);
  }
  if (identity_.facts()) tell("", "daemon.log.certificate_wrong", text_of(identity_error_));
}

std::string AppliancePages::text_of(const std::optional<Error>& error) const {
  return error ? log_.text_of(*error) : std::string();
}

void AppliancePages::open(Listener& listener) {
  const auto opened = [&]() -> Result<void> {
    if (!identity_.facts()) return *identity_error_;
    ports::HttpIdentity own = identity_.get();
    ports::HttpListen request{listener.address.address, listener.address.port};
    request.limits.handlers_max = kHandlersMax;
    request.limits.body_max = kBodyMax;
    request.certificate = std::move(own.certificate);
    request.key = std::move(own.key);
    HF_TRY(listener.open, pages_.server.listen(request, api_));
    return {};
  }();
  const std::string address = address_text(listener.address);
  listener.error.reset();
  if (!opened) listener.error = opened.error();
  tell(address, "daemon.log.not_listening", text_of(listener.error));
  if (!opened) return;
  log_.say("daemon.log.listening",
           {{"address", address}, {"fingerprint", identity_.facts()->fingerprint.hex()}});
}

// Once, and once more when it is another one. `about`: an address, nothing for a certificate that
// is not taken, "tls" for the one that counts.
void AppliancePages::tell(const std::string& about, std::string_view key, const std::string& why) {
  if (std::exchange(told_[about], why) == why || why.empty()) return;
  log_.say(key, {{"address", about}, {"what", why, true}});
}

ports::ProcessRequest AppliancePages::sign_request(const api::VerbSettings& verbs) {
  return {.arguments = {verbs.program, "--home", verbs.home, "--quiet", "audit", "sign"},
          .environment = verbs.environment,
          .is_background = true};
}

void AppliancePages::show_first_code() {
  const auto code = api_.first_boot_code();
  if (!code || *code == shown_code_) return;
  shown_code_ = *code;
  log_.show("daemon.log.first_code", {{"code", *code}});
}

void AppliancePages::close(Listener& listener) {
  if (listener.open == nullptr) return;
  listener.open->begin_stop();
  closing_.push_back(std::move(listener.open));
}

void AppliancePages::close_all_but(const std::vector<ListenAddress>& wanted) {
  std::erase_if(listeners_, [&](Listener& each) {
    if (std::ranges::find(wanted, each.address) != wanted.end()) return false;
    close(each);
    told_.erase(address_text(each.address));
    return true;
  });
}

void AppliancePages::open_all(const ApplianceSettings& settings) {
  if (!listeners_.empty() && (must_look_ || !identity_.facts() || identity_error_)) {
    must_look_ = false;
    look_at_identity(settings);
  }
  for (Listener& listener : listeners_) {
    if (listener.open == nullptr) open(listener);
  }
  if (!listeners_.empty()) show_first_code();
}

void AppliancePages::note_facts(const ApplianceSettings& settings) {
  api::BoxFacts facts{
      settings.name,    settings.language, settings.zone_name, settings.host_names, {},
      identity_.facts()};
  complaints_.clear();
  for (const Listener& each : listeners_) {
    const std::string address = address_text(each.address);
    facts.listen.push_back({address, each.open != nullptr, each.error});
    if (each.error) complaints_.push_back(reason_of("not_listening", address, *each.error));
  }
  if (identity_error_ && identity_.facts()) {
    complaints_.push_back(reason_of("certificate_wrong", {}, *identity_error_));
  }
  std::string doubts;
  if (!listeners_.empty()) {
    for (status::Reason& each : identity_.complaints(settings)) {
      doubts += (doubts.empty() ? "" : " ") + log_.text_of(each);
      complaints_.push_back(std::move(each));
    }
  }
  tell("tls", "daemon.log.certificate_doubtful", doubts);
  api_.set_box_facts(std::move(facts));
}

void AppliancePages::reload() {
  must_look_ = true;
  next_try_ns_ = 0;
}

std::int64_t AppliancePages::turn(const ApplianceSettings& settings) {
  const std::int64_t now_ns = ports_.clock.monotonic_ns();
  api_.set_call_rules(settings.calls);
  api_.set_export_folders(settings.export_folders);
  std::erase_if(closing_, [](const auto& each) { return each->is_stopped(); });
  if (!is_stopping_) {
    close_all_but(settings.listen);
    for (const ListenAddress& address : settings.listen) {
      if (std::ranges::find(listeners_, address, &Listener::address) == listeners_.end()) {
        listeners_.push_back({address, nullptr, {}});
        next_try_ns_ = now_ns;
      }
    }
    if (now_ns >= next_try_ns_) {
      open_all(settings);
      next_try_ns_ = now_ns + kTryAgain_ns;
    }
    note_facts(settings);
  }
  // The last lines are signed, too: those of requests that were at work.
  if (!is_stopping_ || (listeners_.empty() && closing_.empty())) signer_.turn();
  const bool waits = !closing_.empty() || !signer_.is_idle();
  return waits ? std::min(next_try_ns_, now_ns + kLookAgain_ns) : next_try_ns_;
}

void AppliancePages::begin_stop() {
  if (std::exchange(is_stopping_, true)) return;
  api_.stop();
  signer_.begin_stop();
  close_all_but({});
  next_try_ns_ = kNever_ns;
}

}  // namespace holdfast::app
