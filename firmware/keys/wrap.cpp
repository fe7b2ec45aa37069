// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/wrap.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "firmware/keys/one_time_key.h"
#include "hal/base/digest.h"

namespace holdfast::keys {

namespace {

constexpr std::string_view kMagic = "HF.WRAP.";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kSuite = 1;
constexpr std::size_t kCommitmentOffset = 120;
constexpr std::size_t kSealedOffset = 152;
constexpr std::size_t kSealedSize = 48;
constexpr std::size_t kSignatureOffset = 232;
constexpr std::string_view kSignatureContext = "holdfast wrap v1";
constexpr Purpose kWrapPurpose{"holdfast wrap key v1", "holdfast wrap commitment v1"};

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeKey>;

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

Error damaged(std::string_view what) {
  return make_error(ErrorCode::damaged, {}, {{"what", std::string(what)}});
}

KeyPointer private_key(const SecretKey& bytes) {
  KeyPointer key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.view().data(),
                                              SecretKey::kSize));
  HF_CHECK(key != nullptr);
  return key;
}

// X25519, RFC 7748. False if the result is all zero: then `other` is a point of small order, and
// everybody knows the "secret" (OpenSSL refuses it; the second look costs nothing).
bool shared_secret(const KeyPointer& own, const RecipientKey& other, SecretKey& out) {
  const KeyPointer other_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, other.data(), other.size()));
  const ContextPointer context(EVP_PKEY_CTX_new(own.get(), nullptr));
  HF_CHECK(other_key != nullptr && context != nullptr);
  HF_CHECK(EVP_PKEY_derive_init(context.get()) == 1);
  std::size_t size = SecretKey::kSize;
  return EVP_PKEY_derive_set_peer(context.get(), other_key.get()) == 1 &&
         EVP_PKEY_derive(context.get(), out.span().data(), &size) == 1 &&
         !equal_constant_time(out.view(), SecretKey().view());
}

RecipientKey public_part(const KeyPointer& key) {
  RecipientKey recipient{};
  std::size_t size = recipient.size();
  HF_CHECK(EVP_PKEY_get_raw_public_key(key.get(), recipient.data(), &size) == 1);
  return recipient;
}

OneTimeKey wrap_key(const SecretKey& shared, const RecipientKey& ephemeral,
                    const RecipientKey& recipient) {
  Bytes salt;
  ByteWriter writer(salt);
  writer.raw(ephemeral);
  writer.raw(recipient);
  return OneTimeKey(shared.view(), salt, kWrapPurpose);
}

struct Parsed {
  WrapIdentity identity;
  RecipientKey ephemeral{};
  PublicKey signer{};
  Signature signature{};
};

Result<Parsed> parse(ByteView file) {
  if (file.size() < kWrapSize) return make_error(ErrorCode::truncated);
  if (file.size() > kWrapSize) return damaged("size");
  ByteReader reader(file);
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  if (const std::uint16_t version = reader.u16(); version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  if (const std::uint8_t suite = reader.u8(); suite != kSuite) {
    return make_error(ErrorCode::unsupported_suite, {}, {{"suite", std::to_string(suite)}});
  }
  Parsed parsed;
  const std::uint8_t kind = reader.u8();
  parsed.identity.kind = static_cast<KeyKind>(kind);
  parsed.identity.epoch = reader.u32();
  parsed.identity.version = reader.u32();
  const bool zero = reader.zeros(4);
  parsed.identity.business.bytes = reader.array<16>();
  parsed.identity.box.bytes = reader.array<16>();
  parsed.identity.recipient = reader.array<32>();
  parsed.ephemeral = reader.array<32>();
  (void)reader.raw(sizeof(Digest::bytes) + kSealedSize);
  parsed.signer = reader.array<32>();
  parsed.signature = reader.array<64>();
  if (!zero || kind < 1 || kind > 2 || parsed.identity.version == 0) return damaged("header");
  return parsed;
}

Result<Parsed> parse_trusted(ByteView file, TrustedSigners trusted) {
  HF_TRY(Parsed parsed, parse(file));
  if (!is_trusted(trusted, parsed.signer) ||
      !verify(parsed.signer, kSignatureContext, file.first(kSignatureOffset), parsed.signature)) {
    return make_error(ErrorCode::bad_signature);
  }
  return parsed;
}

void write_head(ByteWriter& writer, const WrapIdentity& identity, const RecipientKey& ephemeral) {
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.u8(kSuite);
  writer.u8(static_cast<std::uint8_t>(identity.kind));
  writer.u32(identity.epoch);
  writer.u32(identity.version);
  writer.zeros(4);
  writer.raw(identity.business.view());
  writer.raw(identity.box.view());
  writer.raw(identity.recipient);
  writer.raw(ephemeral);
}

}  // namespace

RecipientKey recipient_of(const SecretKey& key) {
  return public_part(private_key(key));
}

Result<Bytes> make_wrap(const WrapIdentity& identity, const SecretKey& epoch_key,
                        const Signer& signer, ports::Random& random) {
  HF_CHECK(identity.version >= 1);
  const KeyPointer ephemeral_key = private_key(random.key());
  const RecipientKey ephemeral = public_part(ephemeral_key);
  SecretKey shared;
  if (!shared_secret(ephemeral_key, identity.recipient, shared)) {
    return make_error(ErrorCode::invalid_argument, {}, {{"what", "recipient"}});
  }
  const OneTimeKey key = wrap_key(shared, ephemeral, identity.recipient);
  Bytes file;
  ByteWriter writer(file);
  write_head(writer, identity, ephemeral);
  writer.raw(key.commitment().view());
  const ByteView additional = file;
  const Bytes sealed = key.seal(std::span(&additional, 1), epoch_key.view());
  writer.raw(sealed);
  writer.raw(signer.public_key());
  const Signature signature = signer.sign(kSignatureContext, file);
  writer.raw(signature);
  HF_CHECK(file.size() == kWrapSize);
  return file;
}

Result<WrapIdentity> read_wrap(ByteView file, TrustedSigners trusted) {
  HF_TRY(const Parsed parsed, parse_trusted(file, trusted));
  return parsed.identity;
}

Result<SecretKey> open_wrap(ByteView file, const SecretKey& recipient_private_key,
                            TrustedSigners trusted) {
  HF_TRY(const Parsed parsed, parse_trusted(file, trusted));
  // Made once: what OpenSSL derives along with it is the dearest part of this.
  const KeyPointer own = private_key(recipient_private_key);
  if (parsed.identity.recipient != public_part(own)) {
    return make_error(ErrorCode::wrong_key);
  }
  SecretKey shared;
  if (!shared_secret(own, parsed.ephemeral, shared)) return damaged("ephemeral");
  const OneTimeKey key = wrap_key(shared, parsed.ephemeral, parsed.identity.recipient);
  const ByteView additional = file.first(kSealedOffset);
  HF_TRY(const SecretBytes epoch_key,
         key.open(file.subspan(kCommitmentOffset, sizeof(Digest::bytes)), std::span(&additional, 1),
                  file.subspan(kSealedOffset, kSealedSize)));
  return SecretKey(epoch_key.view());
}

std::string wrap_path(const WrapIdentity& identity) {
  char epoch[16];
  char version[16];
  std::snprintf(epoch, sizeof epoch, "%08x", identity.epoch);
  std::snprintf(version, sizeof version, "%08x", identity.version);
  const std::string_view kind = identity.kind == KeyKind::meta ? "meta" : "content";
  return wrap_directory(identity.business) + "/" + epoch + "-" + std::string(kind) + "-" +
         to_hex(ByteView(identity.recipient).first(8)) + "-" + version;
}

std::string wrap_directory(const BusinessId& business) {
  return "wraps/" + business.hex();
}

}  // namespace holdfast::keys
