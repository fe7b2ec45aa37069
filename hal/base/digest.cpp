// SPDX-License-Identifier: Apache-2.0
#include "hal/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>

namespace holdfast {

namespace {

constexpr std::size_t kBlock = 64;

// Fetched once: a fetch for every digest costs more than hashing a small chunk.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  HF_CHECK(method != nullptr);
  return method;
}

// One context per thread for whole-buffer digests, so that small inputs pay no allocation.
EVP_MD_CTX* thread_context() {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  HF_CHECK(context != nullptr);
  return context.get();
}

Digest digest_of_two(ByteView first, ByteView second) {
  EVP_MD_CTX* context = thread_context();
  Digest digest;
  HF_CHECK(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1);
  HF_CHECK(EVP_DigestUpdate(context, first.data(), first.size()) == 1);
  HF_CHECK(EVP_DigestUpdate(context, second.data(), second.size()) == 1);
  HF_CHECK(EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

}  // namespace

Result<Digest> Digest::parse(std::string_view hex) {
  HF_TRY(const Bytes bytes, from_hex(hex));
  Digest digest;
  if (bytes.size() != digest.bytes.size()) {
    return make_error(ErrorCode::invalid_argument, std::string(hex));
  }
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

std::size_t DigestHash::operator()(const Digest& digest) const {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}

Digest sha256(ByteView data) {
  return digest_of_two(data, {});
}

Digest hmac_sha256(ByteView key, ByteView data) {
  std::array<std::uint8_t, kBlock> inner{};
  if (key.size() > kBlock) {
    const Digest shortened = sha256(key);
    std::copy(shortened.bytes.begin(), shortened.bytes.end(), inner.begin());
  } else {
    std::copy(key.begin(), key.end(), inner.begin());
  }
  std::array<std::uint8_t, kBlock> outer = inner;
  for (std::uint8_t& byte : inner) byte ^= 0x36;
  for (std::uint8_t& byte : outer) byte ^= 0x5c;
  const Digest inside = digest_of_two(inner, data);
  const Digest result = digest_of_two(outer, inside.view());
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  return result;
}

std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView data) {
  static const std::uint8_t kNone = 0;
  std::array<std::uint8_t, 20> result{};
  unsigned size = 0;
  HF_CHECK(HMAC(EVP_sha1(), key.empty() ? &kNone : key.data(), static_cast<int>(key.size()),
                data.data(), data.size(), result.data(), &size) != nullptr);
  HF_CHECK(size == result.size());
  return result;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { HF_CHECK(context != nullptr); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  HF_CHECK(EVP_DigestInit_ex2(state_->context, sha256_method(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView data) {
  HF_CHECK(EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  HF_CHECK(EVP_DigestFinal_ex(state_->context, digest.bytes.data(), nullptr) == 1);
  HF_CHECK(EVP_DigestInit_ex2(state_->context, sha256_method(), nullptr) == 1);
  return digest;
}

bool equal_constant_time(ByteView left, ByteView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace holdfast
