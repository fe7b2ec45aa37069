// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/epoch_keys.h"

#include <algorithm>

#include "firmware/pool/election.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

// True if bytes that fail to open in this way are rot. A wrap of a newer version, or one sealed to
// somebody else, is none.
bool is_rot(ErrorCode code) {
  return code == ErrorCode::damaged || code == ErrorCode::truncated ||
         code == ErrorCode::bad_magic || code == ErrorCode::bad_signature ||
         code == ErrorCode::limit_exceeded;
}

// Then one of them that differs is the other with rot, whatever version it shows.
bool has_same_signature(ByteView left, ByteView right) {
  constexpr std::size_t kSignature = sizeof(keys::Signature);
  return left.size() == keys::kWrapSize && right.size() == keys::kWrapSize &&
         is_equal(left.last(kSignature), right.last(kSignature));
}

// A file that can be read may still have a name that is not durable, and so may its directories: a
// process may have been killed before it synced them.
Result<void> sync_parents(ports::Disk& disk, std::string_view path) {
  while (!path.empty()) {
    path = parent_of(path);
    HF_TRY(disk.sync_directory(path));
  }
  return {};
}

Error too_few_copies(const std::string& path, std::size_t present, std::size_t needed) {
  return make_error(ErrorCode::too_few_disks, path,
                    {{"present", std::to_string(present)}, {"needed", std::to_string(needed)}});
}

}  // namespace

EpochKeys::EpochKeys(const BusinessId& business, const keys::Keyring& keyring, ports::Disk& home,
                     pool::Pool& pool)
    : business_(business),
      box_(keyring.box()),
      trusted_(keyring.trusted_signers()),
      home_(home),
      pool_(pool) {
  const keys::KeyringContent& content = keyring.content();
  recipients_.push_back({keys::recipient_of(content.box_key), content.box_key.clone()});
  for (const SecretKey& former : content.former_box_keys) {
    recipients_.push_back({keys::recipient_of(former), former.clone()});
  }
}

keys::WrapIdentity EpochKeys::identity(std::uint32_t epoch, keys::KeyKind kind,
                                       const Recipient& recipient) const {
  keys::WrapIdentity identity;
  identity.business = business_;
  identity.box = box_;
  identity.epoch = epoch;
  identity.kind = kind;
  identity.recipient = recipient.key;
  return identity;
}

// Of a wrap for somebody else the newest, which does not open it and says so.
const SecretKey& EpochKeys::key_for(const Result<keys::WrapIdentity>& wrap) const {
  const auto found =
      wrap ? std::ranges::find(recipients_, wrap->recipient, &Recipient::key) : recipients_.end();
  return found == recipients_.end() ? recipients_.front().private_key : found->private_key;
}

void EpochKeys::note_write_failure(const DiskId& member, const Error& error) {
  if (error.code == ErrorCode::no_space || error.is_of_process()) return;
  pool_.report_error(member);
}

Result<EpochKeys::Copy> EpochKeys::read_copy(ports::Disk& disk, std::optional<DiskId> member,
                                             const std::string& path) {
  Copy copy{&disk, member, CopyState::absent, {}};
  auto bytes = ports::load(disk, path, keys::kWrapSize);
  if (!bytes) {
    const ErrorCode code = bytes.error().code;
    if (code == ErrorCode::power_cut) return std::move(bytes.error());
    if (code == ErrorCode::not_found) return copy;
    copy.state = is_rot(code) ? CopyState::broken : CopyState::unknown;
    if (copy.state == CopyState::unknown && member && !bytes.error().is_of_process()) {
      pool_.report_read_error(*member);
    }
    return copy;
  }
  copy.bytes = std::move(bytes).value();
  copy.state = CopyState::broken;  // until it is judged; an empty one is
  return copy;
}

void EpochKeys::judge(Copy& copy, const std::string& path) const {
  const auto named = keys::read_wrap(copy.bytes, trusted_);
  // Somebody put another key's wrap here: it counts for nothing under this name.
  if (named && keys::wrap_path(*named) != path) {
    copy.state = CopyState::misplaced;
    return;
  }
  auto key = keys::open_wrap(copy.bytes, key_for(named), trusted_);
  if (key) {
    copy.state = CopyState::opens;
    copy.key = std::make_shared<const SecretKey>(std::move(*key));
  } else if (!is_rot(key.error().code)) {
    copy.state = CopyState::unknown;
  }
}

// Home's copy first, then the members' in order of slot. Equal ones are judged once: that is dear.
Result<std::vector<EpochKeys::Copy>> EpochKeys::read_copies(const std::string& path) {
  std::vector<Copy> copies;
  HF_TRY(copies.emplace_back(), read_copy(home_, std::nullopt, path));
  for (const pool::Pool::PresentMember& member : pool_.present_members()) {
    HF_TRY(copies.emplace_back(), read_copy(*member.disk, member.id, path));
  }
  for (auto copy = copies.begin(); copy != copies.end(); ++copy) {
    if (copy->bytes.empty()) continue;
    const auto same = std::ranges::find(copies.begin(), copy, copy->bytes, &Copy::bytes);
    if (same == copy) {
      judge(*copy, path);
    } else {
      copy->state = same->state;
    }
  }
  for (Copy& copy : copies) {
    const bool is_rotten =
        copy.state == CopyState::unknown && std::ranges::any_of(copies, [&](const Copy& other) {
          return other.state == CopyState::opens && has_same_signature(other.bytes, copy.bytes);
        });
    if (is_rotten) copy.state = CopyState::broken;
  }
  return copies;
}

const EpochKeys::Copy* EpochKeys::preferred(const std::vector<Copy>& copies) {
  const Copy* best = nullptr;
  std::ptrdiff_t most = 0;
  for (const Copy& copy : copies) {
    if (copy.state != CopyState::opens) continue;
    if (!copy.member) return &copy;
    const auto same = std::ranges::count(copies, copy.bytes, &Copy::bytes);
    if (same <= most) continue;
    best = &copy;
    most = same;
  }
  return best;
}

// One disk that cannot tell proves nothing, and neither does what somebody left on it: a wrap that
// counts would be seen on others.
bool EpochKeys::is_proved_absent(const std::vector<Copy>& copies) const {
  const auto is_absent = [](const Copy& copy) { return copy.state == CopyState::absent; };
  if (std::ranges::all_of(copies, is_absent)) return true;
  const auto lack_it = static_cast<std::size_t>(std::ranges::count_if(
      copies, [&](const Copy& copy) { return copy.member && is_absent(copy); }));
  return lack_it + pool_.quorum_copies() > pool::current_members(pool_.label().record);
}

Result<EpochKeys::Known> EpochKeys::load(const std::string& path) {
  HF_TRY(const std::vector<Copy> copies, read_copies(path));
  if (const Copy* best = preferred(copies)) {
    const auto first = std::ranges::find(copies, best->bytes, &Copy::bytes);
    return Known{path, first->key->clone(), best->bytes};
  }
  if (is_proved_absent(copies)) return make_error(ErrorCode::no_key, path);
  return make_error(ErrorCode::damaged, path, {{"what", "every copy"}});
}

Result<EpochKeys::Known*> EpochKeys::find(std::uint32_t epoch, keys::KeyKind kind) {
  const std::pair place(epoch, kind);
  if (const auto known = keys_.find(place); known != keys_.end()) return &known->second;
  std::optional<Error> none;
  for (const Recipient& recipient : recipients_) {
    auto known = load(keys::wrap_path(identity(epoch, kind, recipient)));
    if (known) return &keys_.emplace(place, std::move(*known)).first->second;
    // One that is there and does not open may be the right one.
    if (known.error().code != ErrorCode::no_key) return std::move(known.error());
    if (!none) none = std::move(known.error());
  }
  return std::move(*none);
}

Result<const SecretKey*> EpochKeys::get(std::uint32_t epoch, pack::PackKind kind) {
  return get(epoch, kind == pack::PackKind::meta ? keys::KeyKind::meta : keys::KeyKind::content);
}

Result<const SecretKey*> EpochKeys::get(std::uint32_t epoch, keys::KeyKind kind) {
  const std::lock_guard lock(mutex_);
  HF_TRY(const Known* known, find(epoch, kind));
  return &known->key;
}

Result<EpochKeys::Known> EpochKeys::make(const keys::WrapIdentity& wrap, const keys::Signer& signer,
                                         ports::Random& random) {
  // With fewer disks the wrap could not count, and what is left of it would only be in the way of
  // another one made while these disks are absent.
  const std::size_t present = pool_.present_members().size();
  if (present < pool_.quorum_copies()) {
    return too_few_copies(keys::wrap_path(wrap), present, pool_.quorum_copies());
  }
  Known known;
  known.path = keys::wrap_path(wrap);
  known.key = random.key();
  HF_TRY(known.wrap, keys::make_wrap(wrap, known.key, signer, random));
  return known;
}

// Another wrap is never overwritten: it may be the only one of a key that seals packs. What cannot
// be read may be that too, unless this wrap is on as many disks as make it count, and no other is
// seen.
bool EpochKeys::may_overwrite(const Copy& copy, const std::vector<Copy>& copies,
                              ByteView wrap) const {
  if (copy.state != CopyState::opens && copy.state != CopyState::unknown) return true;
  if (!is_unreadable(copy)) return false;
  std::size_t holders = 0;
  for (const Copy& other : copies) {
    const bool may_count = other.state == CopyState::opens || other.state == CopyState::unknown;
    if (other.bytes.empty() || !may_count) continue;
    if (!is_equal(other.bytes, wrap)) return false;
    if (other.member) ++holders;
  }
  return holders >= pool_.quorum_copies();
}

// Disks first: home alone must never be the only holder of a key that seals something.
Result<void> EpochKeys::spread(const std::string& path, ByteView wrap) {
  HF_TRY(std::vector<Copy> copies, read_copies(path));
  std::ranges::rotate(copies, copies.begin() + 1);
  std::size_t durable = 0;
  std::optional<Error> failure;
  const auto level = [&](const Copy& copy) -> Result<void> {
    if (!is_equal(copy.bytes, wrap)) {
      HF_TRY(ports::make_directories(*copy.disk, parent_of(path)));
      HF_TRY(ports::store(*copy.disk, path, wrap));
    }
    return sync_parents(*copy.disk, path);
  };
  for (const Copy& copy : copies) {
    if (!copy.member && durable < pool_.quorum_copies()) break;
    const bool same = is_equal(copy.bytes, wrap);
    if (!same && !may_overwrite(copy, copies, wrap)) continue;
    auto done = level(copy);
    if (done) {
      if (copy.member) ++durable;
      continue;
    }
    if (!copy.member || done.error().code == ErrorCode::power_cut) return done;
    note_write_failure(*copy.member, done.error());
    if (!failure) failure = std::move(done.error());
  }
  if (durable >= pool_.quorum_copies()) return {};
  if (failure) return std::move(*failure);
  return too_few_copies(path, durable, pool_.quorum_copies());
}

// By the names alone.
Result<bool> EpochKeys::some_lack_wraps(const std::vector<std::string>& names) const {
  const std::string folder = keys::wrap_directory(business_);
  for (const pool::Pool::PresentMember& member : pool_.present_members()) {
    const auto entries = member.disk->list(folder);
    if (!entries && entries.error().is_of_process()) return entries.error();
    const auto has = [&](const std::string& name) {
      return entries &&
             std::ranges::find(*entries, name, &ports::DirectoryEntry::name) != entries->end();
    };
    if (!member.has_failed && !std::ranges::all_of(names, has)) return true;
  }
  return false;
}

Result<void> EpochKeys::level() {
  const std::lock_guard lock(mutex_);
  const std::string folder = keys::wrap_directory(business_);
  HF_TRY(const std::vector<std::string> names, pool_.list_copies(folder));
  HF_TRY(const bool lacking, some_lack_wraps(names));
  if (!lacking) return {};
  return spread_all(names);
}

Result<void> EpochKeys::level_all() {
  const std::lock_guard lock(mutex_);
  HF_TRY(const std::vector<std::string> names, pool_.list_copies(keys::wrap_directory(business_)));
  return spread_all(names);
}

// Where none opens, nobody can tell what is missing.
std::optional<journal::CopyFault> EpochKeys::fault_of(const Copy& copy, bool some_open) {
  using journal::CopyFault;
  switch (copy.state) {
    case CopyState::opens:
      return std::nullopt;
    case CopyState::absent:
      if (!some_open || !copy.member) return std::nullopt;
      return CopyFault::missing;
    case CopyState::broken:
      return CopyFault::damaged;
    case CopyState::misplaced:
      // Or a name that nobody of ours gave.
      if (!some_open) return std::nullopt;
      return CopyFault::damaged;
    case CopyState::unknown:
      if (!is_unreadable(copy)) return std::nullopt;  // of another recipient, or a newer program
      return CopyFault::unreadable;
  }
  return std::nullopt;
}

Result<std::vector<DamagedCopy>> EpochKeys::damaged_copies() {
  const std::lock_guard lock(mutex_);
  const std::string folder = keys::wrap_directory(business_);
  HF_TRY(const std::vector<std::string> names, pool_.list_copies(folder));
  std::vector<DamagedCopy> found;
  for (const std::string& name : names) {
    // Epoch, kind, recipient, version. A file that somebody else put there is not ours to judge.
    if (std::ranges::count(name, '-') != 3) continue;
    std::string path = folder;
    path += "/" + name;
    HF_TRY(const std::vector<Copy> copies, read_copies(path));
    const bool some_open = preferred(copies) != nullptr;
    for (const Copy& copy : copies) {
      const auto fault = fault_of(copy, some_open);
      if (!fault) continue;
      found.push_back({CopyKind::wrap, copy.member, copy.disk->name() + "/" + path, *fault});
    }
  }
  return found;
}

Result<void> EpochKeys::spread_all(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string path = keys::wrap_directory(business_) + "/" + name;
    HF_TRY(const std::vector<Copy> copies, read_copies(path));
    // One that does not open here is not ours to spread: which of them is right nobody can tell.
    const Copy* best = preferred(copies);
    if (best == nullptr) continue;
    HF_TRY(spread(path, best->bytes));
  }
  return {};
}

Result<void> EpochKeys::ensure(std::uint32_t epoch, const keys::Signer& signer,
                               ports::Random& random, const Check& check) {
  const std::lock_guard lock(mutex_);
  for (const keys::KeyKind kind : {keys::KeyKind::meta, keys::KeyKind::content}) {
    auto found = find(epoch, kind);
    if (found && (*found)->durable) continue;
    HF_TRY(pool_.writable());
    if (found) {
      HF_TRY(spread((*found)->path, (*found)->wrap));
      (*found)->durable = true;
      continue;
    }
    // Only proved absence makes a new key: a key that is merely unreadable now would be replaced
    // while packs are sealed under it.
    if (found.error().code != ErrorCode::no_key) return std::move(found.error());
    HF_TRY(check());
    HF_TRY(Known made, make(identity(epoch, kind, recipients_.front()), signer, random));
    HF_TRY(spread(made.path, made.wrap));
    made.durable = true;
    keys_.insert_or_assign({epoch, kind}, std::move(made));
  }
  return {};
}

}  // namespace holdfast::vault
