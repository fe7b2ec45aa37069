// SPDX-License-Identifier: Apache-2.0
// The certificate of the pages and its key: made once, and nobody's key is written over.
#include "firmware/app/page_identity.h"

#include "hal/linux/http/certificate.h"
#include "hal/sim/disk.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr std::string_view kCertificate = "tls/certificate.pem";
constexpr std::string_view kKey = "tls/key.pem";

struct Box {
  sim::World world{1};
  sim::SimClock clock{Timestamp{1'800'000'000'000'000'000}};
  sim::SimDisk home{world, "/home"};
  linux::OpenSslCertificates certificates;

  // As a daemon that starts.
  Result<Digest> start() {
    app::PageIdentity identity(certificates, home, clock, "box");
    HF_TRY(identity.look({}));
    return identity.facts()->fingerprint;
  }
  Result<void> check() { return app::PageIdentity(certificates, home, clock, "box").check(); }
  std::string text_at(std::string_view path) {
    const auto bytes = home.contents(path);
    return bytes ? std::string(text_of(*bytes)) : std::string();
  }
};

}  // namespace

TEST_CASE("A key whose certificate was taken away is left as it is, and the pair before counts") {
  Box box;
  app::PageIdentity identity(box.certificates, box.home, box.clock, "box");
  REQUIRE(identity.look({}));
  const Digest first = identity.facts()->fingerprint;
  auto other = box.certificates.make({"other.example"}, box.clock.now()).value();
  box.home.plant(kKey, other.key.view());
  box.home.erase(kCertificate);
  for (int i = 0; i < 3; ++i) {
    const auto looked = identity.look({});
    REQUIRE_FALSE(looked);
    CHECK(looked.error().code == ErrorCode::not_found);
    CHECK(looked.error().where == box.home.name() + "/" + std::string(kCertificate));
    CHECK(box.text_at(kKey) == text_of(other.key.view()));
    CHECK(identity.facts()->fingerprint == first);
  }
  CHECK(box.start().error().code == ErrorCode::not_found);
  CHECK(box.check().error().code == ErrorCode::not_found);
  box.home.plant(kCertificate, view_of(other.certificate));
  CHECK(identity.look({}).value());
  CHECK(identity.facts()->names == std::vector<std::string>{"other.example"});
  // Nor is a certificate whose key is away.
  box.home.erase(kKey);
  CHECK(identity.look({}).error().code == ErrorCode::not_found);
  CHECK(box.text_at(kCertificate) == other.certificate);
  // With neither there is nothing of anybody's.
  box.home.erase(kCertificate);
  CHECK(box.check());
  CHECK(identity.look({}).value());
}

TEST_CASE("A certificate that is not valid now takes the place of none that is") {
  Box box;
  app::PageIdentity identity(box.certificates, box.home, box.clock, "box");
  REQUIRE(identity.look({}));
  const Digest first = identity.facts()->fingerprint;
  constexpr std::int64_t kYears_ns = std::int64_t{12} * 365 * 86'400 * 1'000'000'000;
  const Timestamp now = box.clock.now();
  for (const std::int64_t off_ns : {-kYears_ns, kYears_ns}) {
    CAPTURE(off_ns);
    auto other = box.certificates.make({"other.example"}, {now.ns + off_ns}).value();
    box.home.plant(kKey, other.key.view());
    box.home.plant(kCertificate, view_of(other.certificate));
    for (const auto& error : {identity.look({}).error(), box.check().error()}) {
      CHECK(error.code == ErrorCode::invalid_argument);
      CHECK(error.argument("what") == "certificate out of its time");
    }
    CHECK(identity.facts()->fingerprint == first);
    // It is better than none, and so is one that ended like the one before.
    CHECK(box.start());
  }
  box.clock.set({now.ns + kYears_ns});
  CHECK(identity.look({}).value());
}

TEST_CASE("All names that a certificate is not for are told as one") {
  Box box;
  app::PageIdentity identity(box.certificates, box.home, box.clock, "box");
  app::ApplianceSettings settings;
  settings.listen = {{"0.0.0.0", 443}, {"127.0.0.1", 443}, {"192.0.2.7", 443}};
  REQUIRE(identity.look(settings));
  CHECK(identity.complaints(settings).empty());
  settings.host_names = {"vault.example", "box", "calls.example"};
  const auto complaints = identity.complaints(settings);
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].code == "certificate_names");
  CHECK(complaints[0].where == "calls.example, vault.example");
}

TEST_CASE("A making that was cut anywhere is done by the next start") {
  const auto make = [] { return std::make_unique<Box>(); };
  const auto start = [](Box& box) { return box.start(); };
  Sweep sweep{1};
  sweep.each_policy = true;
  sweep_cuts(sweep, make, start, [](Box& box, const auto& answer) {
    CHECK(box.check());
    const auto again = box.start();
    INFO((again ? "" : debug_text(again.error())));
    REQUIRE(again);
    if (answer) CHECK(*again == *answer);
    CHECK(*box.start() == *again);
    // What is left of it takes nobody's key for the box's own.
    auto other = box.certificates.make({"other.example"}, box.clock.now()).value();
    box.home.plant(kKey, other.key.view());
    box.home.erase(kCertificate);
    CHECK_FALSE(box.start());
    CHECK(box.text_at(kKey) == text_of(other.key.view()));
  });
}

}  // namespace holdfast::test
