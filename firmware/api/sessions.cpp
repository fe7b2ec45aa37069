// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/sessions.h"

#include <algorithm>

namespace holdfast::api {

Sessions::Opened Sessions::open(const std::string& account, const std::string& credential) {
  const std::string token = to_hex(random_.array<32>());
  Session session{account, credential, to_hex(random_.array<32>())};
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  drop_old(now_ns);
  if (kept_.size() >= kSessionsMax)
    kept_.erase(std::ranges::min_element(kept_, {}, &Kept::used_ns));
  kept_.push_back({sha256(view_of(token)), session, now_ns, now_ns});
  return {token, std::move(session)};
}

Sessions::Kept* Sessions::find_kept(std::string_view token) {
  drop_old(clock_.monotonic_ns());
  const auto found = std::ranges::find(kept_, sha256(view_of(token)), &Kept::token);
  return found == kept_.end() ? nullptr : &*found;
}

std::optional<Session> Sessions::find(std::string_view token) {
  const std::lock_guard lock(mutex_);
  Kept* found = find_kept(token);
  if (found == nullptr) return std::nullopt;
  found->used_ns = clock_.monotonic_ns();
  return found->session;
}

std::optional<Session> Sessions::peek(std::string_view token) {
  const std::lock_guard lock(mutex_);
  const Kept* found = find_kept(token);
  return found == nullptr ? std::nullopt : std::optional(found->session);
}

bool Sessions::begin_stream(std::string_view token) {
  const std::lock_guard lock(mutex_);
  Kept* found = find_kept(token);
  if (found == nullptr || found->streams >= kStreamsOfSession) return false;
  ++found->streams;
  return true;
}

void Sessions::end_stream(std::string_view token) {
  const std::lock_guard lock(mutex_);
  if (Kept* found = find_kept(token); found != nullptr) --found->streams;
}

void Sessions::close(std::string_view token) {
  const Digest digest = sha256(view_of(token));
  const std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](const Kept& each) { return each.token == digest; });
}

std::size_t Sessions::count() {
  const std::lock_guard lock(mutex_);
  drop_old(clock_.monotonic_ns());
  return kept_.size();
}

void Sessions::drop_old(std::int64_t now_ns) {
  std::erase_if(kept_, [&](const Kept& each) {
    return now_ns - each.used_ns > kSessionIdle_ns || now_ns - each.opened_ns > kSessionLife_ns;
  });
}

bool is_change_word(const Session& session, std::string_view word) {
  return equal_constant_time(view_of(session.change_word), view_of(word));
}

}  // namespace holdfast::api
