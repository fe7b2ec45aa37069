// SPDX-License-Identifier: Apache-2.0
// Accounts: names, passwords, codes, and that somebody always rules.
#include "firmware/api/accounts.h"

#include <catch2/catch.hpp>

#include "firmware/api/one_time_code.h"
#include "hal/sim/disk.h"
#include "hal/sim/random.h"

namespace holdfast::api {

namespace {

constexpr std::string_view kGood = "correct horse battery";

struct Home {
  sim::World world{3};
  sim::SimClock clock{Timestamp{1'764'000'000'000'000'000}};
  sim::SimDisk disk{world, "/home"};
  sim::SimRandom random{5};
  Accounts accounts{disk, clock, random, 10};

  LoginResult log_in(const std::string& name, std::string_view password,
                     std::string_view code = {}) {
    const auto result = accounts.log_in(name, view_of(password), code);
    REQUIRE(result);
    return *result;
  }
  std::string what_of(const Result<void>& result) {
    REQUIRE_FALSE(result);
    return result.error().arguments.empty() ? "" : result.error().arguments[0].value;
  }
};

}  // namespace

TEST_CASE("Only the right password of an account that exists is good") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  REQUIRE(home.accounts.add("alice", Role::auditor, view_of("another password")));
  CHECK(home.log_in("root", kGood) == LoginResult::good);
  CHECK(home.log_in("alice", "another password") == LoginResult::good);
  CHECK(home.log_in("alice", kGood) == LoginResult::wrong);
  CHECK(home.log_in("alice", "") == LoginResult::wrong);
  CHECK(home.log_in("bob", "") == LoginResult::wrong);
  CHECK(home.log_in("Alice", "another password") == LoginResult::wrong);
  CHECK(home.log_in("root", std::string(1000, 'a')) == LoginResult::wrong);
}

TEST_CASE("Accounts are kept, and no password is in the file") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  const auto bytes = ports::load(home.disk, "accounts", kMiB);
  REQUIRE(bytes);
  CHECK(text_of(*bytes).find(kGood) == std::string_view::npos);
  Accounts again(home.disk, home.clock, home.random, 10);
  const auto list = again.list();
  REQUIRE(list);
  REQUIRE(list->size() == 1);
  CHECK(list->front().name == "root");
  CHECK(list->front().role == Role::administrator);
  CHECK_FALSE(again.add_first("other", view_of(kGood)));
}

TEST_CASE("Names and passwords that will not do are refused") {
  Home home;
  for (const char* name : {"", "a b", "a\"b", "\xE5\xBC\xA0", "a/b"}) {
    CHECK(home.what_of(home.accounts.add(name, Role::viewer, view_of(kGood))) == "account_name");
  }
  CHECK(home.what_of(home.accounts.add(std::string(33, 'a'), Role::viewer, view_of(kGood))) ==
        "account_name");
  CHECK(home.what_of(home.accounts.add("a", Role::viewer, view_of("123456789"))) ==
        "password_short");
  // Three characters of three bytes each are three.
  CHECK(home.what_of(home.accounts.add(
            "a", Role::viewer, view_of("\xE5\xBC\xA0\xE5\xBC\xA0\xE5\xBC\xA0\xE5\xBC\xA0"))) ==
        "password_short");
  CHECK(home.what_of(home.accounts.add("alice", Role::viewer, view_of("alice-alice"))) ==
        "password_name");
  CHECK(home.what_of(home.accounts.add("b", Role::viewer, view_of(std::string(257, 'a')))) ==
        "password_long");
  const auto list = home.accounts.list();
  REQUIRE(list);
  CHECK(list->empty());
}

TEST_CASE("The last administrator stays, and stays one") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  REQUIRE(home.accounts.add("alice", Role::operator_, view_of(kGood)));
  CHECK(home.what_of(home.accounts.remove("root")) == "last_administrator");
  CHECK(home.what_of(home.accounts.set_role("root", Role::viewer)) == "last_administrator");
  REQUIRE(home.accounts.set_role("alice", Role::administrator));
  REQUIRE(home.accounts.remove("root"));
  CHECK(home.log_in("root", kGood) == LoginResult::wrong);
  CHECK(home.log_in("alice", kGood) == LoginResult::good);
  CHECK_FALSE(home.accounts.remove("root"));
}

TEST_CASE("A locked account lets nobody in, and whoever could still rule is kept") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  REQUIRE(home.accounts.add("alice", Role::auditor, view_of("another password")));
  const auto credential = [&] { return (*home.accounts.list())[1].credential; };
  const std::string before = credential();
  REQUIRE(home.accounts.set_locked("alice", true));
  CHECK((*home.accounts.list())[1].is_locked);
  // Also with the right password, and although it asks for a code.
  const Bytes secret(kCodeSecretSize, 9);
  REQUIRE(home.accounts.set_code_secret("alice", ByteView(secret)));
  CHECK(home.log_in("alice", "another password") == LoginResult::locked);
  CHECK(home.log_in("alice", "wrong password") == LoginResult::locked);
  CHECK(home.log_in("alice", std::string(1000, 'a')) == LoginResult::locked);
  REQUIRE(home.accounts.set_code_secret("alice", std::nullopt));
  REQUIRE(home.accounts.set_locked("alice", true));
  REQUIRE(home.accounts.set_locked("alice", false));
  CHECK(home.log_in("alice", "another password") == LoginResult::good);
  CHECK(credential() != before);
  const std::string once = credential();
  REQUIRE(home.accounts.set_locked("alice", false));
  CHECK(credential() == once);
  CHECK(home.accounts.set_locked("bob", true).error().code == ErrorCode::not_found);
}

TEST_CASE("The last administrator who can log in is not locked, taken away or made another") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  CHECK(home.what_of(home.accounts.set_locked("root", true)) == "last_administrator");
  REQUIRE(home.accounts.add("alice", Role::administrator, view_of(kGood)));
  REQUIRE(home.accounts.set_locked("alice", true));
  CHECK(home.what_of(home.accounts.set_locked("root", true)) == "last_administrator");
  CHECK(home.what_of(home.accounts.remove("root")) == "last_administrator");
  CHECK(home.what_of(home.accounts.set_role("root", Role::viewer)) == "last_administrator");
  CHECK(home.log_in("root", kGood) == LoginResult::good);
  REQUIRE(home.accounts.set_locked("alice", false));
  REQUIRE(home.accounts.set_locked("root", true));
  CHECK(home.log_in("root", kGood) == LoginResult::locked);
}

TEST_CASE("A file of before accounts were locked has none, and one that is half right is damaged") {
  const auto file_with = [](const std::string& more) {
    return R"({"accounts":[{"name":"root","role":"viewer","salt":"00","log2_n":10,"hash":")" +
           std::string(64, '0') + R"(","totp":"","made":"2026-01-01T00:00:00Z")" + more + "}]}";
  };
  Home home;
  home.disk.plant("accounts", view_of(file_with("")));
  const auto list = home.accounts.list();
  REQUIRE(list);
  CHECK_FALSE(list->front().is_locked);
  for (const char* more : {R"(,"locked":1,"locks":1)", R"(,"locked":true,"locks":0)",
                           R"(,"locked":true)", R"(,"locks":1)", R"(,"locked":false,"locks":-1)"}) {
    CAPTURE(more);
    Home other;
    other.disk.plant("accounts", view_of(file_with(more)));
    CHECK_FALSE(other.accounts.list());
  }
}

TEST_CASE("A changed password counts at once, and the old one no more") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  REQUIRE(home.accounts.set_password("root", view_of("something else")));
  CHECK(home.log_in("root", kGood) == LoginResult::wrong);
  CHECK(home.log_in("root", "something else") == LoginResult::good);
}

TEST_CASE("With a code secret the password alone is not enough, and a code is good once") {
  Home home;
  REQUIRE(home.accounts.add_first("root", view_of(kGood)));
  const Bytes secret(kCodeSecretSize, 9);
  REQUIRE(home.accounts.set_code_secret("root", ByteView(secret)));
  CHECK(home.log_in("root", kGood) == LoginResult::code_needed);
  CHECK(home.log_in("root", "wrong password") == LoginResult::wrong);
  const auto step = static_cast<std::uint64_t>(home.clock.now().ns / 30'000'000'000);
  const std::string code = one_time_code(secret, step);
  CHECK(home.log_in("root", kGood, "000000") == LoginResult::code_wrong);
  CHECK(home.log_in("root", "wrong password", code) == LoginResult::wrong);
  CHECK(home.log_in("root", kGood, code) == LoginResult::good);
  CHECK(home.log_in("root", kGood, code) == LoginResult::code_wrong);
  CHECK(home.log_in("root", kGood, one_time_code(secret, step + 1)) == LoginResult::good);
  CHECK(home.log_in("root", kGood, one_time_code(secret, step + 2)) == LoginResult::code_wrong);
  REQUIRE(home.accounts.set_code_secret("root", std::nullopt));
  CHECK(home.log_in("root", kGood) == LoginResult::good);
}

TEST_CASE("Codes are those of RFC 6238, and the address is what telephones read") {
  // Appendix B, cut to six digits.
  const ByteView secret = view_of("12345678901234567890");
  CHECK(one_time_code(secret, 1) == "287082");
  CHECK(one_time_code(secret, 0x23523EC) == "081804");
  CHECK(one_time_code(secret, 0x23523ED) == "050471");
  CHECK(one_time_code(secret, 0x273EF07) == "005924");
  CHECK(one_time_code(secret, 0x27BC86AA) == "353130");
  CHECK(code_address(secret, "alice", "Holdfast box") ==
        "otpauth://totp/Holdfast%20box:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=Holdfast%20box&algorithm=SHA1&digits=6&period=30");
}

TEST_CASE("A file that is damaged or hostile lets nobody in") {
  for (
      const char* text :
      {"", "{}", "{\"accounts\":{}}", "{\"accounts\":[{}]}",
       R"({"accounts":[{"name":"root","role":"king","salt":"","log2_n":10,"hash":"","totp":"","made":"2026-01-01"}]})",
       R"({"accounts":[{"name":"root","role":"viewer","salt":"","log2_n":60,"hash":"0000000000000000000000000000000000000000000000000000000000000000","totp":"","made":"2026-01-01"}]})"}) {
    CAPTURE(text);
    Home home;
    home.disk.plant("accounts", view_of(text));
    CHECK_FALSE(home.accounts.list());
    CHECK_FALSE(home.accounts.log_in("root", view_of(kGood), {}));
    CHECK_FALSE(home.accounts.add_first("root", view_of(kGood)));
  }
}

}  // namespace holdfast::api
