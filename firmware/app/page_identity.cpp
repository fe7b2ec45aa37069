// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/page_identity.h"

#include <algorithm>
#include <utility>

namespace holdfast::app {

namespace {

constexpr std::int64_t kExpiresSoon_ns = std::int64_t{30} * 86'400 * 1'000'000'000;
constexpr std::uint64_t kPemMax = 64 << 10;
constexpr std::string_view kFolder = "tls";
constexpr std::string_view kCertificatePath = "tls/certificate.pem";
constexpr std::string_view kKeyPath = "tls/key.pem";
constexpr std::string_view kMadePath = "tls/certificate.pem.made";  // has no name yet

bool is_valid(const ports::CertificateFacts& facts, Timestamp now) {
  return facts.from <= now && now < facts.until;
}

bool is_any(const std::string& address) {
  return address == "0.0.0.0" || address == "::";
}

// Only the box itself goes there.
bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

// The certificate gets its name last. A making that was cut leaves at most one that nobody has seen
// and the key of it (Found::is_cut); no other key is ever written over.
Result<ports::HttpIdentity> PageIdentity::make(const ApplianceSettings& settings) {
  std::vector<std::string> names = settings.host_names;
  names.push_back(host_name_.empty() ? "localhost" : host_name_);
  names.emplace_back("localhost");
  for (const ListenAddress& each : settings.listen) {
    if (!is_any(each.address)) names.push_back(each.address);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  HF_TRY(auto made, certificates_.make(names, clock_.now()));
  HF_TRY(ports::make_directories(home_, std::string(kFolder)));
  HF_TRY(ports::store(home_, kMadePath, view_of(made.certificate)));
  HF_TRY(ports::store(home_, kKeyPath, made.key.view()));
  HF_TRY(end_making());
  return made;
}

Result<void> PageIdentity::end_making() {
  HF_TRY(home_.rename(kMadePath, kCertificatePath));
  return home_.sync_directory(kFolder);
}

// None: neither is there. A key whose certificate is away belongs to somebody, who may be about to
// put another one there: not_found.
Result<std::optional<PageIdentity::Found>> PageIdentity::find() {
  Found found;
  auto certificate = ports::load(home_, kCertificatePath, kPemMax);
  auto key = ports::load(home_, kKeyPath, kPemMax);
  const auto is_away = [](const Result<Bytes>& file) {
    return !file && file.error().code == ErrorCode::not_found;
  };
  if (is_away(certificate) && is_away(key)) return std::nullopt;
  if (is_away(certificate) && key) {
    auto made = ports::load(home_, kMadePath, kPemMax);
    found.is_cut = made && certificates_.look_at(text_of(*made), *key);
    if (found.is_cut) certificate = std::move(made);
  }
  if (!certificate) return std::move(certificate.error());
  if (!key) return std::move(key.error());
  found.identity = {std::string(text_of(*certificate)), SecretBytes(std::move(*key))};
  return found;
}

Result<ports::HttpIdentity> PageIdentity::load(const ApplianceSettings& settings) {
  HF_TRY(std::optional<Found> found, find());
  if (!found) return make(settings);
  if (found->is_cut) HF_TRY(end_making());
  return std::move(found->identity);
}

Result<ports::CertificateFacts> PageIdentity::facts_of(const ports::HttpIdentity& identity) {
  auto facts = certificates_.look_at(identity.certificate, identity.key.view());
  if (!facts) facts.error().where = home_.name() + "/" + std::string(kFolder);
  return facts;
}

Error PageIdentity::out_of_time() const {
  return make_error(ErrorCode::invalid_argument, home_.name() + "/" + std::string(kFolder),
                    {{"what", "certificate out of its time"}});
}

Result<bool> PageIdentity::look(const ApplianceSettings& settings) {
  HF_TRY(ports::HttpIdentity found, load(settings));
  HF_TRY(ports::CertificateFacts facts, facts_of(found));
  const Timestamp now = clock_.now();
  if (facts_ && is_valid(*facts_, now) && !is_valid(facts, now)) return out_of_time();
  const bool is_same = facts_ && found.certificate == identity_.certificate &&
                       std::ranges::equal(found.key.view(), identity_.key.view());
  identity_ = std::move(found);
  facts_ = std::move(facts);
  return !is_same;
}

Result<void> PageIdentity::check() {
  HF_TRY(const std::optional<Found> found, find());
  if (!found) return {};
  HF_TRY(const ports::CertificateFacts facts, facts_of(found->identity));
  if (!is_valid(facts, clock_.now())) return out_of_time();
  return {};
}

ports::HttpIdentity PageIdentity::get() const {
  const ByteView key = identity_.key.view();
  return {identity_.certificate, SecretBytes(Bytes(key.begin(), key.end()))};
}

std::vector<status::Reason> PageIdentity::complaints(const ApplianceSettings& settings) {
  std::vector<status::Reason> reasons;
  if (!facts_) return reasons;
  std::vector<std::string> names = settings.host_names;
  for (const ListenAddress& each : settings.listen) {
    if (!is_any(each.address) && !is_loopback(each.address)) names.push_back(each.address);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::string others;
  for (const std::string& name : names) {
    if (certificates_.is_for(identity_.certificate, name)) continue;
    others += (others.empty() ? "" : ", ") + name;
  }
  if (!others.empty()) {
    reasons.push_back({status::Verdict::attention, "certificate_names", std::move(others)});
  }
  if (facts_->until.ns - clock_.now().ns < kExpiresSoon_ns) {
    reasons.push_back({status::Verdict::attention, "certificate_expires", {}, 0, facts_->until});
  }
  return reasons;
}

}  // namespace holdfast::app
