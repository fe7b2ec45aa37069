// SPDX-License-Identifier: Apache-2.0
// Who may use the pages: the file `accounts` in home (docs/formats.md, section 14). Read anew by
// each call, so that a change by the command line counts at once.
//
// Any thread, any process; changes are made one after the other.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/api/role.h"
#include "firmware/status/json_writer.h"
#include "hal/base/secret.h"
#include "hal/base/time.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::api {

// 32 MiB a login, one at a time.
inline constexpr std::uint8_t kLoginLog2N = 15;
inline constexpr std::size_t kPasswordMin = 10;   // characters
inline constexpr std::size_t kPasswordMax = 256;  // bytes

// Letters, digits and - _ . of ASCII, at most 32.
[[nodiscard]] bool is_account_name(std::string_view name);
// invalid_argument {what}: a name that is none, or a password that is too short, too long, or holds
// the name.
[[nodiscard]] Result<void> check_new_account(const std::string& name, ByteView password);

struct Account {
  std::string name;
  Role role = Role::viewer;
  bool has_code = false;  // asks for a one-time code, too
  Timestamp made;
  // A digest: another one once the password was changed, or the account was locked. Sessions of
  // before are over.
  std::string credential;
  bool is_locked = false;  // nobody logs in
};

// "accounts" of the documents that pages and the command line give.
void write_accounts(status::JsonWriter& json, const std::vector<Account>& accounts);

enum class LoginResult {
  good,
  wrong,        // no such account, or another password
  locked,       // whatever the password
  code_needed,  // the password is right, and a code was not given
  code_wrong,
};

class Accounts {
 public:
  Accounts(ports::Disk& home, ports::Clock& clock, ports::Random& random,
           std::uint8_t log2_n = kLoginLog2N)
      : home_(home), clock_(clock), random_(random), log2_n_(log2_n) {}

  // damaged: the file cannot be read; nobody can log in then.
  [[nodiscard]] Result<std::vector<Account>> list() const;
  // Takes as long for an account that does not exist, or is locked. A code that was good is not
  // good twice, as long as this object lives.
  [[nodiscard]] Result<LoginResult> log_in(const std::string& name, ByteView password,
                                           std::string_view code);

  // As check_new_account(); already_exists.
  [[nodiscard]] Result<void> add(const std::string& name, Role role, ByteView password);
  // For the first account alone: already_exists if there is any.
  [[nodiscard]] Result<void> add_first(const std::string& name, ByteView password);
  // not_found. denied {what}: nobody could rule the box any more.
  [[nodiscard]] Result<void> remove(const std::string& name);
  [[nodiscard]] Result<void> set_role(const std::string& name, Role role);
  // The same again changes nothing.
  [[nodiscard]] Result<void> set_locked(const std::string& name, bool is_locked);
  [[nodiscard]] Result<void> set_password(const std::string& name, ByteView password);
  // A secret of 20 bytes, or none to ask for no code any more.
  [[nodiscard]] Result<void> set_code_secret(const std::string& name,
                                             std::optional<ByteView> secret);

 private:
  struct Kept;
  using Change = std::function<Result<void>(std::vector<Kept>&)>;
  [[nodiscard]] Result<std::vector<Kept>> load() const;
  [[nodiscard]] Result<void> change(const Change& change);
  [[nodiscard]] Result<Kept> make(const std::string& name, Role role, ByteView password);
  [[nodiscard]] Result<void> protect(Kept& account, ByteView password);

  ports::Disk& home_;
  ports::Clock& clock_;
  ports::Random& random_;
  std::uint8_t log2_n_;
  std::mutex login_;                                               // one scrypt at a time
  std::vector<std::pair<std::string, std::uint64_t>> used_codes_;  // steps, by account
};

}  // namespace holdfast::api
