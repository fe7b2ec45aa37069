// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/accounts.h"

#include <algorithm>
#include <array>

#include "firmware/api/one_time_code.h"
#include "firmware/status/json_reader.h"
#include "hal/base/digest.h"
#include "hal/base/password.h"

namespace holdfast::api {

struct Accounts::Kept {
  Account account;
  Bytes salt;
  std::uint8_t log2_n = 0;
  Bytes hash;
  Bytes code_secret;       // empty: none
  std::int64_t locks = 0;  // how often it was locked
};

namespace {

constexpr std::uint64_t kFileMax = 4 * kMiB;
constexpr std::size_t kAccountsMax = 1000;
constexpr std::size_t kNameMax = 32;
constexpr std::size_t kSaltSize = 16;
constexpr std::uint8_t kLog2NMin = 10;
constexpr std::uint8_t kLog2NMax = 18;  // 256 MiB: more would let a file take the memory

Error damaged() {
  return make_error(ErrorCode::damaged, "accounts", {{"what", "accounts"}});
}

Error bad_argument(std::string_view what) {
  return make_error(ErrorCode::invalid_argument, {}, {{"what", std::string(what)}});
}

std::optional<Bytes> bytes_of(const status::JsonValue& json, std::string_view key) {
  const auto* text = json.get<std::string>(key);
  if (text == nullptr) return std::nullopt;
  auto bytes = from_hex(*text);
  if (!bytes) return std::nullopt;
  return std::move(*bytes);
}

std::size_t characters_of(ByteView text) {
  const auto begins = [](std::uint8_t byte) { return (byte & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

Result<void> check_password(const std::string& name, ByteView password) {
  if (characters_of(password) < kPasswordMin) return bad_argument("password_short");
  if (password.size() > kPasswordMax) return bad_argument("password_long");
  if (text_of(password).find(name) != std::string_view::npos) return bad_argument("password_name");
  return {};
}

template <class List>
auto find_account(List& accounts, std::string_view name) {
  return std::ranges::find_if(accounts,
                              [&](const auto& each) { return each.account.name == name; });
}

template <class List>
Result<void> check_ruled(const List& accounts) {
  const auto rules = [](const auto& each) {
    return each.account.role == Role::administrator && !each.account.is_locked;
  };
  if (std::ranges::any_of(accounts, rules)) return {};
  return make_error(ErrorCode::denied, {}, {{"what", "last_administrator"}});
}

// Of the times it was locked as well: an account that is unlocked does not get its sessions back.
std::string credential_of(ByteView hash, std::int64_t locks) {
  Bytes text(hash.begin(), hash.end());
  if (locks > 0) {
    const std::string count = std::to_string(locks);
    text.insert(text.end(), count.begin(), count.end());
  }
  return sha256(text).hex();
}

// Both are missing in files of before there were any. Nothing: damaged.
struct Locking {
  bool is_locked = false;
  std::int64_t locks = 0;
};
std::optional<Locking> locking_of(const status::JsonValue& json) {
  if (json.get("locked") == nullptr && json.get("locks") == nullptr) return Locking();
  const auto* is_locked = json.get<bool>("locked");
  const auto* locks = json.get<std::int64_t>("locks");
  if (is_locked == nullptr || locks == nullptr || *locks < (*is_locked ? 1 : 0)) return {};
  return Locking{*is_locked, *locks};
}

}  // namespace

bool is_account_name(std::string_view name) {
  const auto is_plain = [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
           (each >= '0' && each <= '9') || each == '-' || each == '_' || each == '.';
  };
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, is_plain);
}

Result<void> check_new_account(const std::string& name, ByteView password) {
  if (!is_account_name(name)) return bad_argument("account_name");
  return check_password(name, password);
}

void write_accounts(status::JsonWriter& json, const std::vector<Account>& accounts) {
  json.begin_array("accounts");
  for (const Account& each : accounts) {
    json.begin_object();
    json.field("account", each.name);
    json.field("role", std::string(name_of(each.role)));
    json.field("has_code", each.has_code);
    json.field("locked", each.is_locked);
    json.field("made", each.made);
    json.end();
  }
  json.end();
}

Result<std::vector<Accounts::Kept>> Accounts::load() const {
  const auto bytes = ports::load(home_, "accounts", kFileMax);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return std::vector<Kept>();
  if (!bytes) return bytes.error();
  const auto json = status::read_json(text_of(*bytes));
  if (!json) return damaged();
  const auto* list = json->get<status::JsonArray>("accounts");
  if (list == nullptr || list->size() > kAccountsMax) return damaged();
  std::vector<Kept> accounts;
  for (const status::JsonValue& each : *list) {
    const auto* name = each.get<std::string>("name");
    const auto* role = each.get<std::string>("role");
    const auto* made = each.get<std::string>("made");
    const auto* log2_n = each.get<std::int64_t>("log2_n");
    const auto salt = bytes_of(each, "salt");
    const auto hash = bytes_of(each, "hash");
    const auto code = bytes_of(each, "totp");
    if (name == nullptr || role == nullptr || made == nullptr || log2_n == nullptr)
      return damaged();
    const auto known = parse_role(*role);
    const auto time = Timestamp::parse(*made);
    const auto locking = locking_of(each);
    const bool is_whole =
        salt && hash && code && hash->size() == SecretKey::kSize && known && time && locking;
    if (!is_whole || !is_account_name(*name) || *log2_n < kLog2NMin || *log2_n > kLog2NMax)
      return damaged();
    accounts.push_back({{*name, *known, !code->empty(), *time, credential_of(*hash, locking->locks),
                         locking->is_locked},
                        *salt,
                        static_cast<std::uint8_t>(*log2_n),
                        *hash,
                        *code,
                        locking->locks});
  }
  return accounts;
}

Result<void> Accounts::change(const Change& change) {
  HF_TRY(ports::make_directories(home_, "locks"));
  HF_TRY(const auto lock, home_.lock("locks/accounts", ports::LockMode::exclusive, "accounts"));
  HF_TRY(std::vector<Kept> accounts, load());
  HF_TRY(change(accounts));
  std::string text = "{\"schema\":1,\"accounts\":[";
  for (const Kept& each : accounts) {
    if (text.back() == '}') text += ',';
    text += "{\"name\":\"" + each.account.name + "\",\"role\":\"" +
            std::string(name_of(each.account.role)) + "\",\"salt\":\"" + to_hex(each.salt) +
            "\",\"log2_n\":" + std::to_string(each.log2_n) + ",\"hash\":\"" + to_hex(each.hash) +
            "\",\"totp\":\"" + to_hex(each.code_secret) + "\",\"made\":\"" +
            each.account.made.rfc3339() +
            "\",\"locked\":" + (each.account.is_locked ? "true" : "false") +
            ",\"locks\":" + std::to_string(each.locks) + "}";
  }
  return ports::store(home_, "accounts", view_of(text + "]}\n"));
}

Result<void> Accounts::protect(Kept& kept, ByteView password) {
  HF_TRY(check_password(kept.account.name, password));
  const auto salt = random_.array<kSaltSize>();
  HF_TRY(const SecretKey hash, scrypt(password, salt, log2_n_));
  kept.salt.assign(salt.begin(), salt.end());
  kept.log2_n = log2_n_;
  kept.hash.assign(hash.view().begin(), hash.view().end());
  return {};
}

Result<Accounts::Kept> Accounts::make(const std::string& name, Role role, ByteView password) {
  if (!is_account_name(name)) return bad_argument("account_name");
  Kept kept{{name, role, false, clock_.now(), {}}, {}, 0, {}, {}, 0};
  HF_TRY(protect(kept, password));
  return kept;
}

Result<std::vector<Account>> Accounts::list() const {
  HF_TRY(const std::vector<Kept> kept, load());
  std::vector<Account> accounts;
  for (const Kept& each : kept) accounts.push_back(each.account);
  return accounts;
}

Result<LoginResult> Accounts::log_in(const std::string& name, ByteView password,
                                     std::string_view code) {
  const std::lock_guard one_at_a_time(login_);
  HF_TRY(const std::vector<Kept> accounts, load());
  const auto found = find_account(accounts, name);
  const bool exists = found != accounts.end() && password.size() <= kPasswordMax;
  // Somebody who guesses names must wait as long as somebody who guesses passwords.
  const std::array<std::uint8_t, kSaltSize> no_salt{};
  HF_TRY(const SecretKey hash,
         exists ? scrypt(password, found->salt, found->log2_n) : scrypt({}, no_salt, log2_n_));
  const bool is_right = exists && equal_constant_time(hash.view(), found->hash);
  if (found != accounts.end() && found->account.is_locked) return LoginResult::locked;
  if (!is_right) return LoginResult::wrong;
  if (found->code_secret.empty()) return LoginResult::good;
  if (code.empty()) return LoginResult::code_needed;
  auto used = std::ranges::find(used_codes_, name, &std::pair<std::string, std::uint64_t>::first);
  const std::uint64_t last = used == used_codes_.end() ? 0 : used->second;
  const auto step = match_code(found->code_secret, code, clock_.now(), last);
  if (!step) return LoginResult::code_wrong;
  if (used == used_codes_.end()) used = used_codes_.insert(used, {name, 0});
  used->second = *step;
  return LoginResult::good;
}

Result<void> Accounts::add(const std::string& name, Role role, ByteView password) {
  HF_TRY(Kept made, make(name, role, password));
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    if (find_account(accounts, name) != accounts.end()) {
      return make_error(ErrorCode::already_exists, name);
    }
    if (accounts.size() >= kAccountsMax) {
      return make_error(ErrorCode::limit_exceeded, {},
                        {{"what", "accounts"}, {"limit", std::to_string(kAccountsMax)}});
    }
    accounts.push_back(std::move(made));
    return {};
  });
}

Result<void> Accounts::add_first(const std::string& name, ByteView password) {
  HF_TRY(Kept made, make(name, Role::administrator, password));
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    if (!accounts.empty()) return make_error(ErrorCode::already_exists, "accounts");
    accounts.push_back(std::move(made));
    return {};
  });
}

Result<void> Accounts::remove(const std::string& name) {
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    const auto found = find_account(accounts, name);
    if (found == accounts.end()) return make_error(ErrorCode::not_found, name);
    accounts.erase(found);
    return check_ruled(accounts);
  });
}

Result<void> Accounts::set_role(const std::string& name, Role role) {
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    const auto found = find_account(accounts, name);
    if (found == accounts.end()) return make_error(ErrorCode::not_found, name);
    found->account.role = role;
    return check_ruled(accounts);
  });
}

Result<void> Accounts::set_locked(const std::string& name, bool is_locked) {
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    const auto found = find_account(accounts, name);
    if (found == accounts.end()) return make_error(ErrorCode::not_found, name);
    if (is_locked && !found->account.is_locked) ++found->locks;
    found->account.is_locked = is_locked;
    return check_ruled(accounts);
  });
}

Result<void> Accounts::set_password(const std::string& name, ByteView password) {
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    const auto found = find_account(accounts, name);
    if (found == accounts.end()) return make_error(ErrorCode::not_found, name);
    return protect(*found, password);
  });
}

Result<void> Accounts::set_code_secret(const std::string& name, std::optional<ByteView> secret) {
  HF_CHECK(!secret || secret->size() == kCodeSecretSize);
  return change([&](std::vector<Kept>& accounts) -> Result<void> {
    const auto found = find_account(accounts, name);
    if (found == accounts.end()) return make_error(ErrorCode::not_found, name);
    found->code_secret.clear();
    if (secret) found->code_secret.assign(secret->begin(), secret->end());
    return {};
  });
}

}  // namespace holdfast::api
