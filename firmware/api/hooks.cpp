// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/hooks.h"

#include <algorithm>
#include <sstream>

#include "firmware/status/json_reader.h"
#include "firmware/status/json_writer.h"

namespace holdfast::api {

namespace {

constexpr std::string_view kPath = "hooks";
constexpr std::uint64_t kFileMax = kMiB;
constexpr std::size_t kHooksMax = 1000;

Error damaged() {
  return make_error(ErrorCode::damaged, std::string(kPath), {{"what", std::string(kPath)}});
}

std::string document_of(const std::vector<Hook>& hooks) {
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    json.begin_array("hooks");
    for (const Hook& hook : hooks) {
      json.begin_object();
      json.field("business", hook.business);
      json.field("word", hook.word.hex());
      json.field("made", hook.made);
      json.end();
    }
    json.end();
    json.end();
  }
  return text.str();
}

}  // namespace

Result<std::vector<Hook>> Hooks::list() const {
  const auto bytes = ports::load(home_, std::string(kPath), kFileMax);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return std::vector<Hook>();
  if (!bytes) return bytes.error();
  const auto json = status::read_json(text_of(*bytes));
  const auto* list = json ? json->get<status::JsonArray>("hooks") : nullptr;
  if (list == nullptr || list->size() > kHooksMax) return damaged();
  std::vector<Hook> hooks;
  for (const status::JsonValue& each : *list) {
    const auto* business = each.get<std::string>("business");
    const auto* word = each.get<std::string>("word");
    const auto* made = each.get<std::string>("made");
    if (business == nullptr || word == nullptr || made == nullptr) return damaged();
    const auto digest = Digest::parse(*word);
    const auto time = Timestamp::parse(*made);
    if (!digest || !time) return damaged();
    hooks.push_back({*business, *digest, *time});
  }
  return hooks;
}

Result<void> Hooks::change(const Change& change) {
  HF_TRY(ports::make_directories(home_, "locks"));
  HF_TRY(const auto lock, home_.lock("locks/hooks", ports::LockMode::exclusive, "hooks"));
  HF_TRY(std::vector<Hook> hooks, list());
  HF_TRY(change(hooks));
  return ports::store(home_, std::string(kPath), view_of(document_of(hooks)));
}

Result<std::string> Hooks::add(const std::string& business) {
  std::string word = to_hex(random_.array<32>());
  HF_TRY(change([&](std::vector<Hook>& hooks) -> Result<void> {
    std::erase_if(hooks, [&](const Hook& each) { return each.business == business; });
    if (hooks.size() >= kHooksMax) {
      return make_error(ErrorCode::limit_exceeded, business,
                        {{"what", std::string(kPath)}, {"limit", std::to_string(kHooksMax)}});
    }
    hooks.push_back({business, sha256(view_of(word)), clock_.now()});
    return {};
  }));
  return word;
}

Result<void> Hooks::remove(const std::string& business) {
  return change([&](std::vector<Hook>& hooks) -> Result<void> {
    const auto gone =
        std::erase_if(hooks, [&](const Hook& each) { return each.business == business; });
    return gone > 0 ? Result<void>() : make_error(ErrorCode::not_found, business);
  });
}

Result<bool> Hooks::is_good(std::string_view business, std::string_view word) const {
  HF_TRY(const std::vector<Hook> hooks, list());
  const Digest given = sha256(view_of(word));
  const auto found = std::ranges::find(hooks, business, &Hook::business);
  const Digest wanted = found == hooks.end() ? Digest() : found->word;
  const bool is_equal = equal_constant_time(given.view(), wanted.view());
  return is_equal && found != hooks.end();
}

std::int64_t HookPace::enter(const std::string& business) {
  constexpr std::int64_t kBetween_ns = 10'000'000'000;
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  std::erase_if(asked_, [&](const auto& each) { return now_ns - each.second >= kBetween_ns; });
  const auto [place, is_first] = asked_.try_emplace(business, now_ns);
  return is_first ? 0 : place->second + kBetween_ns - now_ns;
}

}  // namespace holdfast::api
