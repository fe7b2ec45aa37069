// SPDX-License-Identifier: Apache-2.0
// Data keys of one business by epoch and kind: unwrapped on first use, made when a new epoch
// begins.
//
// A wrap is one file with the same bytes on every member and in home. Cuts and absent disks can
// leave fewer copies, or (never of a key that sealed anything, unless copies were lost) different
// wraps under one name. One is preferred then, everywhere and at all times: home's if it opens,
// else the one that most members hold. The others stay where they are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "firmware/keys/keyring.h"
#include "firmware/keys/wrap.h"
#include "firmware/pack/format.h"
#include "firmware/pool/pool.h"
#include "firmware/vault/damaged_copy.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::vault {

// Any thread.
class EpochKeys {
 public:
  // All references must outlive it. Of `keyring` the box keys count.
  EpochKeys(const BusinessId& business, const keys::Keyring& keyring, ports::Disk& home,
            pool::Pool& pool);

  // The key of the preferred wrap. no_key: there is no wrap that could count; damaged: none that is
  // there opens. The pointer stays valid as long as this object.
  [[nodiscard]] Result<const SecretKey*> get(std::uint32_t epoch, keys::KeyKind kind);
  // The key that packs of that kind are sealed with.
  [[nodiscard]] Result<const SecretKey*> get(std::uint32_t epoch, pack::PackKind kind);

  // Makes keys that do not exist yet, if `check` says ok. On ok the wraps of both keys of the
  // epoch, the very ones that get() opens, whichever box key they are sealed to, are durable in
  // home and on at least pool.quorum_copies() members: all present ones but those that failed or
  // hold another wrap that may be good. To be called before anything is sealed in that epoch.
  using Check = std::function<Result<void>()>;
  [[nodiscard]] Result<void> ensure(std::uint32_t epoch, const keys::Signer& signer,
                                    ports::Random& random, const Check& check);

  // Brings every wrap of the business that some members have and others lack onto those: for disks
  // that joined or came back. Costs a listing a member where none lacks any. Errors of the process;
  // a disk that cannot take one is counted against it.
  [[nodiscard]] Result<void> level();
  // The same, but every copy is read and its name made durable: names that can be seen prove
  // nothing.
  [[nodiscard]] Result<void> level_all();
  // Copies that are rot, or missing on a member that others have; of home's, rot alone. Reads only;
  // errors of the process, and the disks' if none can be listed.
  [[nodiscard]] Result<std::vector<DamagedCopy>> damaged_copies();

 private:
  // One of the box's own recipients.
  struct Recipient {
    keys::RecipientKey key{};
    SecretKey private_key;
  };
  struct Known {
    std::string path;
    SecretKey key;
    Bytes wrap;
    bool durable = false;  // as ensure() promises
  };
  // broken: holds no key for anybody (rot). misplaced: a whole one of another name. unknown: may
  // hold one, or cannot be read now.
  enum class CopyState { absent, opens, broken, misplaced, unknown };
  struct Copy {
    ports::Disk* disk = nullptr;
    std::optional<DiskId> member;  // none: home
    CopyState state = CopyState::absent;
    Bytes bytes;
    // Of the first of equal ones that open: what is in it.
    std::shared_ptr<const SecretKey> key = {};
  };
  // There, and the disk does not give it.
  [[nodiscard]] static bool is_unreadable(const Copy& copy) {
    return copy.state == CopyState::unknown && copy.bytes.empty();
  }
  // All with mutex_ held.
  [[nodiscard]] Result<Known*> find(std::uint32_t epoch, keys::KeyKind kind);
  [[nodiscard]] Result<Known> load(const std::string& path);
  [[nodiscard]] Result<Known> make(const keys::WrapIdentity& wrap, const keys::Signer& signer,
                                   ports::Random& random);
  [[nodiscard]] Result<void> spread_all(const std::vector<std::string>& names);
  [[nodiscard]] Result<bool> some_lack_wraps(const std::vector<std::string>& names) const;
  [[nodiscard]] Result<void> spread(const std::string& path, ByteView wrap);

  [[nodiscard]] Result<Copy> read_copy(ports::Disk& disk, std::optional<DiskId> member,
                                       const std::string& path);
  // Gives the copy its state, and its key.
  void judge(Copy& copy, const std::string& path) const;
  [[nodiscard]] Result<std::vector<Copy>> read_copies(const std::string& path);
  [[nodiscard]] static std::optional<journal::CopyFault> fault_of(const Copy& copy, bool some_open);
  [[nodiscard]] static const Copy* preferred(const std::vector<Copy>& copies);
  [[nodiscard]] bool is_proved_absent(const std::vector<Copy>& copies) const;
  [[nodiscard]] bool may_overwrite(const Copy& copy, const std::vector<Copy>& copies,
                                   ByteView wrap) const;
  void note_write_failure(const DiskId& member, const Error& error);
  [[nodiscard]] keys::WrapIdentity identity(std::uint32_t epoch, keys::KeyKind kind,
                                            const Recipient& recipient) const;
  [[nodiscard]] const SecretKey& key_for(const Result<keys::WrapIdentity>& wrap) const;

  BusinessId business_;
  BoxId box_;
  std::vector<Recipient> recipients_;  // newest first, to which new wraps are sealed
  std::vector<keys::PublicKey> trusted_;
  ports::Disk& home_;
  pool::Pool& pool_;
  std::mutex mutex_;
  std::map<std::pair<std::uint32_t, keys::KeyKind>, Known> keys_;
};

}  // namespace holdfast::vault
