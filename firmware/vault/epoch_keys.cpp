// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/epoch_keys.h"

namespace holdfast::vault {

EpochKeys::EpochKeys(const BusinessId& business, const BoxId& box, const SecretKey& box_key,
                     std::vector<keys::PublicKey> trusted, ports::Disk& home, pool::Pool& pool)
    : business_(business),
      box_(box),
      box_key_(box_key),
      trusted_(std::move(trusted)),
      home_(home),
      pool_(pool) {}

keys::WrapIdentity EpochKeys::identity(std::uint32_t epoch, keys::KeyKind kind) const {
  keys::WrapIdentity identity;
  identity.business = business_;
  identity.box = box_;
  identity.epoch = epoch;
  identity.kind = kind;
  identity.recipient = keys::recipient_of(box_key_);
  return identity;
}

Result<SecretKey> EpochKeys::load(std::uint32_t epoch, keys::KeyKind kind) {
  const std::string path = keys::wrap_path(identity(epoch, kind));
  if (const auto file = ports::load(home_, path, keys::kWrapSize)) {
    auto key = keys::open_wrap(*file, box_key_, trusted_);
    if (key) return key;
  }
  // Home's copy is missing or damaged: any member's will do.
  std::optional<SecretKey> found;
  HF_TRY(pool_.load_copies(path, keys::kWrapSize, [&](ByteView bytes) {
    auto key = keys::open_wrap(bytes, box_key_, trusted_);
    if (key) found = std::move(key).value();
    return found.has_value();
  }));
  if (!found) return make_error(ErrorCode::no_key, path);
  return std::move(*found);
}

Result<const SecretKey*> EpochKeys::get(std::uint32_t epoch, keys::KeyKind kind) {
  const std::lock_guard lock(mutex_);
  auto& key = keys_[{epoch, kind}];
  if (key == nullptr) {
    auto loaded = load(epoch, kind);
    if (!loaded) {
      const ErrorCode code = loaded.error().code;
      if (code != ErrorCode::not_found) return std::move(loaded.error());
      return make_error(ErrorCode::no_key, keys::wrap_path(identity(epoch, kind)));
    }
    key = std::make_unique<SecretKey>(std::move(loaded).value());
  }
  return static_cast<const SecretKey*>(key.get());
}

Result<void> EpochKeys::make(std::uint32_t epoch, keys::KeyKind kind, const keys::Signer& signer,
                             ports::Random& random) {
  const keys::WrapIdentity wrap = identity(epoch, kind);
  const SecretKey key = random.key();
  HF_TRY(const Bytes bytes, keys::make_wrap(wrap, key, signer, random));
  // Disks first: home alone must never be the only holder of a key that seals something.
  HF_TRY(pool_.store_copies(keys::wrap_path(wrap), bytes));
  HF_TRY(ports::make_directories(home_, keys::wrap_directory(business_)));
  return ports::store(home_, keys::wrap_path(wrap), bytes);
}

Result<void> EpochKeys::ensure(std::uint32_t epoch, const keys::Signer& signer,
                               ports::Random& random) {
  for (const keys::KeyKind kind : {keys::KeyKind::meta, keys::KeyKind::content}) {
    const auto key = get(epoch, kind);
    if (key) continue;
    // Only proved absence makes a new key: a key that is merely unreadable now would be replaced
    // while packs are sealed under it.
    if (key.error().code != ErrorCode::no_key) return key.error();
    HF_TRY(pool_.writable());
    HF_TRY(const auto names, pool_.list_copies(keys::wrap_directory(business_)));
    const std::string wanted = keys::wrap_path(identity(epoch, kind));
    for (const std::string& name : names) {
      if (keys::wrap_directory(business_) + "/" + name == wanted) return key.error();
    }
    HF_TRY(make(epoch, kind, signer, random));
  }
  return {};
}

}  // namespace holdfast::vault
