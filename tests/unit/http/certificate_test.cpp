// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <set>

#include "hal/base/digest.h"

namespace holdfast::linux {

namespace {

const std::vector<std::string> kNames = {"box.example.org", "box", "192.0.2.7", "2001:db8::7"};
constexpr std::int64_t kDay_ns = 86'400'000'000'000;

Timestamp now() {
  return Timestamp::parse("2026-01-31T11:41:29Z").value();
}

ports::HttpIdentity made() {
  return OpenSslCertificates().make(kNames, now()).value();
}

std::string refusal(std::string_view certificate, ByteView key) {
  const auto facts = OpenSslCertificates().look_at(certificate, key);
  return facts ? "" : std::string(facts.error().argument("what"));
}

std::string serial_of(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return to_hex({serial->data, static_cast<std::size_t>(serial->length)});
}

bool has_extension(X509* certificate, int kind, bool is_critical) {
  const int place = X509_get_ext_by_NID(certificate, kind, -1);
  return place >= 0 &&
         (X509_EXTENSION_get_critical(X509_get_ext(certificate, place)) != 0) == is_critical;
}

}  // namespace

TEST_CASE("a made certificate is for its names and addresses, and no others", "[http]") {
  const ports::HttpIdentity own = made();
  const Identity identity = parse_identity(own.certificate, own.key.view()).value();
  REQUIRE(identity.chain.size() == 1);
  X509* certificate = identity.chain.front().get();
  const auto is_for_host = [&](const char* name) {
    return X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr);
  };
  const auto is_for_address = [&](const char* text) {
    return X509_check_ip_asc(certificate, text, 0);
  };
  CHECK(is_for_host("box.example.org") == 1);
  CHECK(is_for_host("box") == 1);
  CHECK(is_for_host("192.0.2.7") == 0);
  CHECK(is_for_host("example.org") == 0);
  CHECK(is_for_address("192.0.2.7") == 1);
  CHECK(is_for_address("2001:db8::7") == 1);
  CHECK(is_for_address("192.0.2.8") == 0);
}

TEST_CASE("a made certificate signs itself, with P-256, and can do nothing but serve", "[http]") {
  const ports::HttpIdentity own = made();
  const Identity identity = parse_identity(own.certificate, own.key.view()).value();
  X509* certificate = identity.chain.front().get();
  CHECK(X509_verify(certificate, X509_get0_pubkey(certificate)) == 1);
  CHECK(X509_get_signature_nid(certificate) == NID_ecdsa_with_SHA256);
  std::array<char, 32> group{};
  REQUIRE(EVP_PKEY_get_group_name(identity.key.get(), group.data(), group.size(), nullptr) == 1);
  CHECK(std::string(group.data()) == "prime256v1");
  CHECK(X509_get_version(certificate) == X509_VERSION_3);
  CHECK(X509_check_ca(certificate) == 0);
  CHECK(X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1);
  CHECK(X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 0);
  CHECK(has_extension(certificate, NID_basic_constraints, true));
  CHECK(has_extension(certificate, NID_key_usage, true));
  CHECK(has_extension(certificate, NID_subject_alt_name, false));
}

TEST_CASE("what is told of a certificate is what stands in it", "[http]") {
  const ports::HttpIdentity own = made();
  const auto facts = OpenSslCertificates().look_at(own.certificate, own.key.view()).value();
  CHECK(facts.from.ns == now().ns - kDay_ns);
  CHECK(facts.until.ns == facts.from.ns + 3650 * kDay_ns);
  CHECK(facts.names == kNames);

  const Identity identity = parse_identity(own.certificate, own.key.view()).value();
  std::array<std::uint8_t, 32> digest{};
  REQUIRE(X509_digest(identity.chain.front().get(), EVP_sha256(), digest.data(), nullptr) == 1);
  CHECK(facts.fingerprint.bytes == digest);
  // Of a chain the first one counts, whatever follows it.
  const std::string chain = own.certificate + made().certificate;
  CHECK(OpenSslCertificates().look_at(chain, own.key.view()).value().fingerprint ==
        facts.fingerprint);
}

TEST_CASE("whether clients that go to a name take a certificate is told", "[http]") {
  OpenSslCertificates certificates;
  const ports::HttpIdentity own = made();
  for (const std::string& name : kNames) CHECK(certificates.is_for(own.certificate, name));
  CHECK(certificates.is_for(own.certificate, "BOX.example.org"));
  CHECK(certificates.is_for(own.certificate, "2001:db8:0::7"));
  for (const std::string name : {"example.org", "a.box", "192.0.2.8", "2001:db8::8", "::", ""}) {
    INFO(name);
    CHECK_FALSE(certificates.is_for(own.certificate, name));
  }
  CHECK_FALSE(certificates.is_for("", "box"));
  CHECK_FALSE(certificates.is_for(own.certificate.substr(0, 100), "box"));
}

TEST_CASE("a key that is too weak to serve with is told when it is looked at", "[http]") {
  EVP_PKEY* weak = EVP_RSA_gen(1024);
  REQUIRE(weak != nullptr);
  const KeyPtr key(weak);
  const CertificatePtr certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  REQUIRE(X509_set_pubkey(certificate.get(), key.get()) == 1);
  REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const BioPtr secret(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
  REQUIRE(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  const auto text_in = [](BIO* from) {
    char* data = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(from, &data));
    return std::string(data, size);
  };
  CHECK(refusal(text_in(bio.get()), view_of(text_in(secret.get()))) == "certificate");
}

TEST_CASE("a certificate is valid for ten years wherever the clock stands", "[http]") {
  const std::string year = GENERATE("1970", "2000", "2049", "2200");
  const Timestamp when = Timestamp::parse(year + "-06-01").value();
  const ports::HttpIdentity own = OpenSslCertificates().make({"box"}, when).value();
  const auto facts = OpenSslCertificates().look_at(own.certificate, own.key.view()).value();
  CHECK(facts.from.ns == when.ns - kDay_ns);
  CHECK(facts.until.ns == facts.from.ns + 3650 * kDay_ns);
}

TEST_CASE("no two certificates have a serial or a key in common", "[http]") {
  std::set<std::string> serials;
  std::set<std::string> keys;
  for (int i = 0; i < 50; ++i) {
    const ports::HttpIdentity own = made();
    const Identity identity = parse_identity(own.certificate, own.key.view()).value();
    const std::string serial = serial_of(identity.chain.front().get());
    CHECK(serial.size() == 32);
    CHECK((serial[0] >= '4' && serial[0] <= '7'));  // positive
    serials.insert(serial);
    keys.insert(std::string(text_of(own.key.view())));
  }
  CHECK(serials.size() == 50);
  CHECK(keys.size() == 50);
}

TEST_CASE("what is neither a host's name nor an address gets no certificate", "[http]") {
  const auto make = [](const std::vector<std::string>& names) {
    const auto own = OpenSslCertificates().make(names, now());
    return own ? "" : std::string(own.error().argument("what"));
  };
  for (const std::string name :
       {"", ".", "a.", ".a", "a..b", "-a", "a-", "a b", "a_b", "*.a", "a,IP:1.2.3.4", "1.2.3",
        "1.2.3.4.5", "1.2.3.256", "1234", "fe80::1%eth0", "::g", "\xE4\xBD\xA0", "a\nb"}) {
    INFO(name);
    CHECK(make({"box", name}) == name);
  }
  CHECK(make({}) == "names");
  CHECK(make({std::string(64, 'a')}) == std::string(64, 'a'));
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'c') + "." + std::string(61, 'd');
  CHECK(make({longest, "xn--fiq.3com", "A-1.b"}).empty());
  CHECK(make({longest + "d"}) == longest + "d");
}

TEST_CASE("a certificate and a key that do not fit are told apart from broken ones", "[http]") {
  const ports::HttpIdentity own = made();
  const ports::HttpIdentity other = made();
  CHECK(refusal(own.certificate, own.key.view()).empty());
  CHECK(refusal("# a comment\n" + own.certificate, own.key.view()).empty());
  CHECK(refusal(own.certificate, other.key.view()) == "key of another certificate");
  CHECK(refusal(other.certificate + own.certificate, own.key.view()) ==
        "key of another certificate");
  CHECK(refusal("", own.key.view()) == "certificate");
  CHECK(refusal(text_of(own.key.view()), own.key.view()) == "certificate");
  CHECK(refusal(own.certificate, {}) == "key");
  CHECK(refusal(own.certificate, view_of(own.certificate)) == "key");
  // Cut anywhere: of a chain, too.
  for (std::size_t size = 0; size + 2 < own.certificate.size(); size += 7) {
    INFO(size);
    const std::string cut = own.certificate.substr(0, size);
    CHECK(refusal(cut, own.key.view()) == "certificate");
    if (size < 27) continue;  // its first line: what is not begun is no certificate
    CHECK(refusal(own.certificate + cut, own.key.view()) == "certificate");
  }
  for (std::size_t size = 0; size + 2 < own.key.view().size(); size += 7) {
    CHECK(refusal(own.certificate, own.key.view().first(size)) == "key");
  }
}

TEST_CASE("a key with a passphrase is refused, and nobody is asked for it", "[http]") {
  const ports::HttpIdentity own = made();
  const Identity identity = parse_identity(own.certificate, own.key.view()).value();
  const BioPtr bio(BIO_new(BIO_s_mem()));
  std::string passphrase = "secret";
  REQUIRE(PEM_write_bio_PrivateKey(bio.get(), identity.key.get(), EVP_aes_256_cbc(),
                                   reinterpret_cast<unsigned char*>(passphrase.data()),
                                   static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &data));
  CHECK(refusal(own.certificate, view_of({data, size})) == "key");
}

}  // namespace holdfast::linux
