// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/signer.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include "hal/base/digest.h"

namespace holdfast::keys {

namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeKey>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<EVP_MD_CTX, FreeContext>;

KeyPointer private_key(const SecretKey& seed) {
  KeyPointer key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.view().data(),
                                              SecretKey::kSize));
  HF_CHECK(key != nullptr);
  return key;
}

// Ed25519 takes its message in one piece.
Bytes message_of(std::string_view context, ByteView bytes) {
  Bytes message;
  message.reserve(context.size() + 1 + bytes.size());
  ByteWriter writer(message);
  writer.raw(view_of(context));
  writer.u8(0);
  writer.raw(bytes);
  return message;
}

// Of one signed thing there is a copy on every disk, and each is read at every opening: what was
// found right once in this process is right. A place for each, and the last one has it.
class VerifiedMemory {
 public:
  [[nodiscard]] bool has(const Digest& name) {
    const std::lock_guard lock(mutex_);
    return place_of(name) == name;
  }
  void add(const Digest& name) {
    const std::lock_guard lock(mutex_);
    place_of(name) = name;
  }

 private:
  [[nodiscard]] Digest& place_of(const Digest& name) {
    return places_[(name.bytes[0] * 256U + name.bytes[1]) % places_.size()];
  }
  std::mutex mutex_;
  std::array<Digest, 4096> places_{};  // an all-zero digest is that of nothing
};

bool verify_anew(const PublicKey& key, ByteView message, const Signature& signature) {
  const KeyPointer public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  if (public_key == nullptr) return false;
  const ContextPointer verifying(EVP_MD_CTX_new());
  HF_CHECK(verifying != nullptr);
  HF_CHECK(EVP_DigestVerifyInit(verifying.get(), nullptr, nullptr, nullptr, public_key.get()) == 1);
  return EVP_DigestVerify(verifying.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace

Signer::Signer(const SecretKey& seed) : seed_(seed.clone()) {
  std::size_t size = public_key_.size();
  HF_CHECK(EVP_PKEY_get_raw_public_key(private_key(seed_).get(), public_key_.data(), &size) == 1);
}

Signature Signer::sign(std::string_view context, ByteView bytes) const {
  const Bytes message = message_of(context, bytes);
  const KeyPointer key = private_key(seed_);
  const ContextPointer signing(EVP_MD_CTX_new());
  HF_CHECK(signing != nullptr);
  HF_CHECK(EVP_DigestSignInit(signing.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  Signature signature{};
  std::size_t size = signature.size();
  HF_CHECK(EVP_DigestSign(signing.get(), signature.data(), &size, message.data(), message.size()) ==
           1);
  return signature;
}

bool verify(const PublicKey& key, std::string_view context, ByteView bytes,
            const Signature& signature) {
  static VerifiedMemory verified;
  const Bytes message = message_of(context, bytes);
  Sha256 hash;
  hash.update(key);
  hash.update(signature);
  hash.update(message);
  const Digest name = hash.finish();
  if (verified.has(name)) return true;
  if (!verify_anew(key, message, signature)) return false;
  verified.add(name);
  return true;
}

bool is_trusted(TrustedSigners trusted, const PublicKey& key) {
  return std::find(trusted.begin(), trusted.end(), key) != trusted.end();
}

}  // namespace holdfast::keys
