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
constexpr std::uint64_t kPemMax = 64 << 10;
constexpr std::string_view kCertificatePath = "tls/certificate.pem";
constexpr std::string_view kKeyPath = "tls/key.pem";

std::string address_text(const ListenAddress& address) {
  const bool is_six = address.address.find(':') != std::string::npos;
  const std::string host = is_six ? "[" + address.address + "]" : address.address;
  return host + ":" + std::to_string(address.port);
}

}  // namespace

// The certificate is written last: a key alone is one that was cut off, and is made anew.
Result<ports::HttpIdentity> AppliancePages::make_identity(const ApplianceSettings& settings) {
  std::vector<std::string> names = settings.host_names;
  names.push_back(host_name_.empty() ? "localhost" : host_name_);
  names.emplace_back("localhost");
  for (const ListenAddress& each : settings.listen) {
    const bool is_any = each.address == "0.0.0.0" || each.address == "::";
    if (!is_any) names.push_back(each.address);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  HF_TRY(auto made, pages_.certificates.make(names, ports_.clock.now()));
  HF_TRY(ports::make_directories(ports_.home, "tls"));
  HF_TRY(ports::store(ports_.home, kKeyPath, made.key.view()));
  HF_TRY(ports::store(ports_.home, kCertificatePath, view_of(made.certificate)));
  return made;
}

Result<ports::HttpIdentity> AppliancePages::identity(const ApplianceSettings& settings) {
  const auto certificate = ports::load(ports_.home, kCertificatePath, kPemMax);
  if (!certificate && certificate.error().code == ErrorCode::not_found) {
    return make_identity(settings);
  }
  if (!certificate) return certificate.error();
  HF_TRY(Bytes key, ports::load(ports_.home, kKeyPath, kPemMax));
  return ports::HttpIdentity{std::string(text_of(*certificate)), SecretBytes(std::move(key))};
}

void AppliancePages::open(Listener& listener, const ApplianceSettings& settings) {
  const auto opened = [&]() -> Result<std::string> {
    HF_TRY(ports::HttpIdentity own, identity(settings));
    HF_TRY(const auto facts, pages_.certificates.look_at(own.certificate, own.key.view()));
    ports::HttpListen request{listener.address.address, listener.address.port};
    request.limits.handlers_max = kHandlersMax;
    request.limits.body_max = kBodyMax;
    request.certificate = std::move(own.certificate);
    request.key = std::move(own.key);
    HF_TRY(listener.open, pages_.server.listen(request, api_));
    return facts.fingerprint.hex();
  }();
  if (opened) {
    listener.told.clear();
    return log_.say("daemon.log.listening",
                    {{"address", address_text(listener.address)}, {"fingerprint", *opened}});
  }
  const std::string why = log_.text_of(opened.error());
  if (why == listener.told) return;
  listener.told = why;
  log_.say("daemon.log.not_listening",
           {{"address", address_text(listener.address)}, {"what", why, true}});
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
  log_.say("daemon.log.first_code", {{"code", *code}});
}

void AppliancePages::close_all_but(const std::vector<ListenAddress>& wanted) {
  std::erase_if(listeners_, [&](Listener& each) {
    if (std::ranges::find(wanted, each.address) != wanted.end()) return false;
    if (each.open != nullptr) {
      each.open->begin_stop();
      closing_.push_back(std::move(each.open));
    }
    return true;
  });
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
      for (Listener& listener : listeners_) {
        if (listener.open == nullptr) open(listener, settings);
      }
      if (!listeners_.empty()) show_first_code();
      next_try_ns_ = now_ns + kTryAgain_ns;
    }
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
