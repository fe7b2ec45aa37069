// SPDX-License-Identifier: Apache-2.0
#include "hal/base/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "hal/base/digest.h"

namespace holdfast {

namespace {

// OpenSSL counts in int: longer inputs go in steps.
constexpr std::size_t kStep = std::size_t{1} << 30;

constexpr int kEncrypt = 1;
constexpr int kDecrypt = 0;

// Fetched once: a fetch for every key costs more than sealing a small chunk.
const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  HF_CHECK(cipher != nullptr);
  return cipher;
}

}  // namespace

void hkdf_sha256(ByteView key_material, ByteView salt, ByteView info, ByteSpan out) {
  constexpr std::size_t kBlock = sizeof(Digest::bytes);
  HF_CHECK(!out.empty() && out.size() <= 255 * kBlock);
  Digest extracted = hmac_sha256(salt, key_material);
  Digest block;
  ByteView previous;  // block n-1, none before the first
  Bytes input;
  input.reserve(kBlock + info.size() + 1);
  for (std::uint8_t n = 1; !out.empty(); ++n) {
    input.clear();
    ByteWriter writer(input);
    writer.raw(previous);
    writer.raw(info);
    writer.u8(n);
    block = hmac_sha256(extracted.view(), input);
    previous = block.view();
    const std::size_t count = std::min(out.size(), kBlock);
    std::copy_n(block.bytes.begin(), count, out.begin());
    out = out.subspan(count);
  }
  OPENSSL_cleanse(extracted.bytes.data(), extracted.bytes.size());
  OPENSSL_cleanse(block.bytes.data(), block.bytes.size());
  OPENSSL_cleanse(input.data(), input.size());
}

struct Aead::State {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();

  State() { HF_CHECK(context != nullptr); }
  ~State() { EVP_CIPHER_CTX_free(context); }  // wipes the key schedule
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Without a key, so that the schedule made for the first one stays.
  void start(const Nonce& nonce, int direction, std::span<const ByteView> additional) {
    HF_CHECK(EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), direction, nullptr) == 1);
    for (const ByteView piece : additional) update(nullptr, piece);
  }

  // A null `out` takes `in` as additional data.
  void update(std::uint8_t* out, ByteView in) {
    while (!in.empty()) {
      const std::size_t count = std::min(in.size(), kStep);
      int written = 0;
      HF_CHECK(EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(count)) == 1);
      if (out != nullptr) out += count;
      in = in.subspan(count);
    }
  }

  // Makes the tag, or compares it (false: wrong).
  [[nodiscard]] bool finish() {
    std::uint8_t none = 0;
    int written = 0;
    return EVP_CipherFinal_ex(context, &none, &written) == 1;
  }

  [[nodiscard]] bool control(int what, void* tag) {
    return EVP_CIPHER_CTX_ctrl(context, what, static_cast<int>(kAeadTagSize), tag) == 1;
  }
};

Aead::Aead(const SecretKey& key) : state_(std::make_unique<State>()) {
  HF_CHECK(EVP_CipherInit_ex2(state_->context, aes_256_gcm(), key.view().data(), nullptr, kEncrypt,
                              nullptr) == 1);
}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(const Nonce& nonce, std::span<const ByteView> additional, ByteView plain,
                ByteSpan out) {
  HF_CHECK(out.size() == plain.size() + kAeadTagSize);
  const std::size_t size = plain.size();
  state_->start(nonce, kEncrypt, additional);
  state_->update(out.data(), plain);
  HF_CHECK(state_->finish());
  HF_CHECK(state_->control(EVP_CTRL_AEAD_GET_TAG, out.data() + size));
}

bool Aead::open(const Nonce& nonce, std::span<const ByteView> additional, ByteView sealed,
                ByteSpan out) {
  if (sealed.size() < kAeadTagSize) {
    HF_CHECK(out.empty());
    return false;
  }
  const ByteView ciphertext = sealed.first(sealed.size() - kAeadTagSize);
  HF_CHECK(out.size() == ciphertext.size());
  std::array<std::uint8_t, kAeadTagSize> tag{};
  std::copy(sealed.end() - kAeadTagSize, sealed.end(), tag.begin());
  state_->start(nonce, kDecrypt, additional);
  state_->update(out.data(), ciphertext);
  HF_CHECK(state_->control(EVP_CTRL_AEAD_SET_TAG, tag.data()));
  if (state_->finish()) return true;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  return false;
}

}  // namespace holdfast
