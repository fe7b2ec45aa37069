// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/certificate.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "hal/base/digest.h"
#include "hal/linux/http/wire.h"

namespace holdfast::linux {

namespace {

constexpr std::int64_t kDay_s = 24 * 60 * 60;
constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kValid_days = 3650;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

Error bad_argument(std::string what) {
  ERR_clear_error();
  return make_error(ErrorCode::invalid_argument, {}, {{"what", std::move(what)}});
}

// Nobody is at a terminal to be asked for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

BioPtr reader_of(ByteView bytes) {
  // OpenSSL takes no null, not even of no bytes.
  const void* data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
  BioPtr bio(BIO_new_mem_buf(data, static_cast<int>(bytes.size())));
  HF_CHECK(bio != nullptr);
  return bio;
}

ByteView written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

Result<std::vector<CertificatePtr>> parse_chain(std::string_view pem) {
  std::vector<CertificatePtr> chain;
  const BioPtr bio = reader_of(view_of(pem));
  for (;;) {
    ERR_clear_error();
    CertificatePtr next(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (next == nullptr) break;
    chain.push_back(std::move(next));
  }
  // What is no end is a damaged one.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (chain.empty() || !at_end) return bad_argument("certificate");
  ERR_clear_error();
  return chain;
}

Digest fingerprint_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  HF_CHECK(size > 0);
  const Digest digest = sha256({bytes, static_cast<std::size_t>(size)});
  OPENSSL_free(bytes);
  return digest;
}

Timestamp timestamp_of(const ASN1_TIME* time) {
  std::tm parts{};
  HF_CHECK(ASN1_TIME_to_tm(time, &parts) == 1);
  // Years that do not fit into 64 bits of nanoseconds are as good as none at all.
  constexpr std::int64_t kLast_s = 9'000'000'000;
  return {std::clamp<std::int64_t>(::timegm(&parts), -kLast_s, kLast_s) * kSecond_ns};
}

std::string address_text(ByteView bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return to_hex(bytes);
  HF_CHECK(::inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr);
  return text.data();
}

// Those by which clients go: the subject is none of them.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const NamesPtr listed(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; listed != nullptr && i < sk_GENERAL_NAME_num(listed.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(listed.get(), i), &kind);
    if (kind != GEN_DNS && kind != GEN_IPADD) continue;
    const auto* string = static_cast<const ASN1_STRING*>(value);
    const ByteView bytes{ASN1_STRING_get0_data(string),
                         static_cast<std::size_t>(ASN1_STRING_length(string))};
    names.push_back(kind == GEN_DNS ? std::string(text_of(bytes)) : address_text(bytes));
  }
  ERR_clear_error();
  return names;
}

bool is_label(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, is_plain) &&
         text.front() != '-' && text.back() != '-';
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::string_view label;
  for (std::string_view rest = text;; rest.remove_prefix(label.size() + 1)) {
    label = rest.substr(0, rest.find('.'));
    if (!is_label(label)) return false;
    if (label.size() == rest.size()) break;
  }
  // Else it is half an address.
  return !std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

// Four or sixteen bytes; none if it is no address.
ByteView address_bytes(const std::string& text, std::array<std::uint8_t, 16>& out) {
  if (::inet_pton(AF_INET, text.c_str(), out.data()) == 1) return ByteView(out).first(4);
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  return {};
}

bool add_name(GENERAL_NAMES* names, const std::string& text) {
  std::array<std::uint8_t, 16> address{};
  const ByteView bytes = address_bytes(text, address);
  if (bytes.empty() && !is_host_name(text)) return false;
  const ByteView value = bytes.empty() ? view_of(text) : bytes;
  ASN1_STRING* string = bytes.empty() ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  HF_CHECK(string != nullptr && name != nullptr);
  HF_CHECK(ASN1_STRING_set(string, value.data(), static_cast<int>(value.size())) == 1);
  GENERAL_NAME_set0_value(name, bytes.empty() ? GEN_DNS : GEN_IPADD, string);
  HF_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
  return true;
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  HF_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void set_serial(X509* certificate) {
  std::array<std::uint8_t, 16> bytes{};
  HF_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive, and always as long
  const NumberPtr number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  HF_CHECK(number != nullptr);
  HF_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_times(X509* certificate, Timestamp now) {
  const auto from = static_cast<time_t>(now.ns / kSecond_ns - kDay_s);
  const auto until = static_cast<time_t>(from + kValid_days * kDay_s);
  HF_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr);
  HF_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr);
}

void set_subject(X509* certificate, std::string_view name) {
  constexpr std::size_t kCommonNameMax = 64;  // what clients look at are the alternative names
  const ByteView bytes = view_of(name.substr(0, kCommonNameMax));
  X509_NAME* subject = X509_get_subject_name(certificate);
  HF_CHECK(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC, bytes.data(),
                                      static_cast<int>(bytes.size()), -1, 0) == 1);
  HF_CHECK(X509_set_issuer_name(certificate, subject) == 1);
}

CertificatePtr sign_itself(EVP_PKEY* key, GENERAL_NAMES* names, std::string_view subject,
                           Timestamp now) {
  CertificatePtr certificate(X509_new());
  HF_CHECK(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(certificate.get());
  set_times(certificate.get(), now);
  set_subject(certificate.get(), subject);
  HF_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), NID_ext_key_usage, "serverAuth");
  add_extension(certificate.get(), NID_subject_key_identifier, "hash");
  HF_CHECK(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names, 0, 0) == 1);
  HF_CHECK(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

Result<Identity> parse_identity(std::string_view certificate, ByteView key) {
  HF_TRY(std::vector<CertificatePtr> chain, parse_chain(certificate));
  const BioPtr bio = reader_of(key);
  KeyPtr parsed(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (parsed == nullptr) return bad_argument("key");
  if (X509_check_private_key(chain.front().get(), parsed.get()) != 1) {
    return bad_argument("key of another certificate");
  }
  return Identity{.chain = std::move(chain), .key = std::move(parsed)};
}

Result<ports::HttpIdentity> OpenSslCertificates::make(const std::vector<std::string>& names,
                                                      Timestamp now) {
  const NamesPtr listed(GENERAL_NAMES_new());
  HF_CHECK(listed != nullptr);
  for (const std::string& name : names) {
    if (!add_name(listed.get(), name)) return bad_argument(name);
  }
  if (names.empty()) return bad_argument("names");
  const KeyPtr key(EVP_EC_gen("P-256"));
  HF_CHECK(key != nullptr);
  const CertificatePtr certificate = sign_itself(key.get(), listed.get(), names.front(), now);

  const BioPtr text(BIO_new(BIO_s_mem()));
  const BioPtr secret(BIO_new(BIO_s_mem()));
  HF_CHECK(text != nullptr && PEM_write_bio_X509(text.get(), certificate.get()) == 1);
  HF_CHECK(secret != nullptr && PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr,
                                                         0, nullptr, nullptr) == 1);
  const ByteView bytes = written(secret.get());
  return ports::HttpIdentity{.certificate = std::string(text_of(written(text.get()))),
                             .key = SecretBytes(Bytes(bytes.begin(), bytes.end()))};
}

Result<ports::CertificateFacts> OpenSslCertificates::look_at(std::string_view certificate,
                                                             ByteView key) {
  HF_TRY(const Identity identity, parse_identity(certificate, key));
  // What a server would not take is told here, and not when the port has been given up for it.
  HF_TRY(const TlsContext context, make_tls_context(certificate, key));
  X509* own = identity.chain.front().get();
  return ports::CertificateFacts{.fingerprint = fingerprint_of(own),
                                 .from = timestamp_of(X509_get0_notBefore(own)),
                                 .until = timestamp_of(X509_get0_notAfter(own)),
                                 .names = names_of(own)};
}

bool OpenSslCertificates::is_for(std::string_view certificate, const std::string& name) {
  const auto chain = parse_chain(certificate);
  if (!chain) return false;
  X509* own = chain->front().get();
  std::array<std::uint8_t, 16> address{};
  const bool is_address = !address_bytes(name, address).empty();
  const int found = is_address ? X509_check_ip_asc(own, name.c_str(), 0)
                               : X509_check_host(own, name.data(), name.size(),
                                                 X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr);
  ERR_clear_error();
  return found == 1;
}

}  // namespace holdfast::linux
