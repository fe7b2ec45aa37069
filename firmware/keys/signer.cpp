// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/signer.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

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
  const KeyPointer public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  if (public_key == nullptr) return false;
  const Bytes message = message_of(context, bytes);
  const ContextPointer verifying(EVP_MD_CTX_new());
  HF_CHECK(verifying != nullptr);
  HF_CHECK(EVP_DigestVerifyInit(verifying.get(), nullptr, nullptr, nullptr, public_key.get()) == 1);
  return EVP_DigestVerify(verifying.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

bool is_trusted(TrustedSigners trusted, const PublicKey& key) {
  return std::find(trusted.begin(), trusted.end(), key) != trusted.end();
}

}  // namespace holdfast::keys
