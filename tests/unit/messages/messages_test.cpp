// SPDX-License-Identifier: Apache-2.0
#include "firmware/messages/messages.h"

#include <array>
#include <catch2/catch.hpp>

#include "firmware/messages/table.h"

namespace holdfast::messages {
namespace {

constexpr std::array kLanguages = {Language::english, Language::chinese};

constexpr std::array kCodes = {
#define HOLDFAST_CODE(name) ErrorCode::name,
    HOLDFAST_ERROR_CODES(HOLDFAST_CODE)
#undef HOLDFAST_CODE
};

TEST_CASE("every error code has a message and a hint in both languages") {
  for (const ErrorCode code : kCodes) {
    const std::string name(name_of(code));
    for (const Language language : kLanguages) {
      CAPTURE(name);
      CHECK(render(language, "error." + name) != "error." + name);
      CHECK(render(language, "hint." + name) != "hint." + name);
      CHECK_FALSE(render_hint(language, make_error(code)).empty());
    }
  }
}

TEST_CASE("the table is sorted by key and no key stands twice") {
  const auto entries = table();
  REQUIRE_FALSE(entries.empty());
  for (std::size_t i = 1; i < entries.size(); ++i) CHECK(entries[i - 1].key < entries[i].key);
}

TEST_CASE("at a limit of the process nobody is sent to a disk") {
  Error error = make_error(ErrorCode::io, {}, {{"operation", "open"}, {"reason", "why"}});
  CHECK(render_hint(Language::english, error).find("dmesg") != std::string::npos);
  error.retryable = true;
  CHECK(render_hint(Language::english, error).find("ulimit") != std::string::npos);
  CHECK(render_hint(Language::chinese, error).find("ulimit") != std::string::npos);
}

TEST_CASE("who waits for a heal is sent to that, and not to what may go") {
  const Error full = make_error(ErrorCode::pool_full);
  CHECK(render_hint(Language::english, full).find("prune") != std::string::npos);
  const Error waits = make_error(ErrorCode::pool_full, {}, {{"away", "2"}});
  CHECK(render_hint(Language::english, waits).find("away (2)") != std::string::npos);
  CHECK(render_hint(Language::chinese, waits).find("pool heal") != std::string::npos);
}

TEST_CASE("nobody is sent to wipe a disk that is a member, and who has left is told so") {
  const auto hint = [](messages::Arguments arguments) {
    return render_hint(Language::english,
                       make_error(ErrorCode::disk_is_member, "/x", std::move(arguments)));
  };
  CHECK(hint({}).find("do not wipe it") != std::string::npos);
  CHECK(hint({{"place", "/mnt/disk3"}}).find("do not wipe it. The pool has it at /mnt/disk3") !=
        std::string::npos);
  CHECK(hint({{"left", "00"}}).find("it may be wiped") != std::string::npos);
  const Error left = make_error(ErrorCode::disk_is_member, "/x", {{"left", "00"}});
  CHECK(render_error(Language::english, left) ==
        "/x: this disk was one of this pool, and has left it");
}

TEST_CASE("of a disk that is to join no restore is spoken") {
  const Error full = make_error(ErrorCode::no_space);
  CHECK(render_hint(Language::english, full).find("restore") != std::string::npos);
  const Error joins = make_error(ErrorCode::no_space, {}, {{"reserve", "4096"}});
  CHECK(render_hint(Language::english, joins).find("restore") == std::string::npos);
  CHECK(render_hint(Language::english, joins).find("4096 bytes") != std::string::npos);
}

TEST_CASE("a time in a sentence is told as one of UTC") {
  const Error closed =
      make_error(ErrorCode::window_closed, {}, {{"opens", "2026-01-31T03:00:00Z"}});
  CHECK(render_error(Language::english, closed).ends_with("before 2026-01-31 03:00:00 UTC"));
}

TEST_CASE("an error reads as where and what, with its arguments in place") {
  const Error error =
      make_error(ErrorCode::too_few_disks, "/mnt/pool", {{"needed", "4"}, {"present", "3"}});
  CHECK(render_error(Language::english, error) ==
        "/mnt/pool: too few disks: 3 of the 4 needed are present");
  CHECK(render_error(Language::chinese, error) == "/mnt/pool：磁盘不足：需要 4 块，现有 3 块");
}

TEST_CASE("an error without a place starts with what happened") {
  CHECK(render_error(Language::english, make_error(ErrorCode::wrong_passphrase)) ==
        "the passphrase is wrong");
}

TEST_CASE("a missing argument renders as nothing, an unknown key as itself") {
  CHECK(render_error(Language::english, make_error(ErrorCode::damaged)) == "damaged: ");
  CHECK(render(Language::chinese, "no.such.key") == "no.such.key");
  CHECK(render(Language::chinese, "a.key.before.all") == "a.key.before.all");
}

TEST_CASE("fixed words of libraries are in the person's language, those of the system stay") {
  const Error pipe = make_error(ErrorCode::io, "standard output",
                                {{"operation", "write"}, {"reason", "Broken pipe"}});
  CHECK(render_error(Language::english, pipe) == "standard output: writing failed: Broken pipe");
  CHECK(render_error(Language::chinese, pipe) == "标准输出：写入失败：Broken pipe");
  const Error seal = make_error(ErrorCode::damaged, {}, {{"what", "seal"}});
  CHECK(render_error(Language::chinese, seal) == "已损坏：密封");
  // A name of an item is no word of ours.
  const Error item = make_error(ErrorCode::target_not_empty, {}, {{"path", "seal"}});
  CHECK(render_error(Language::chinese, item) == "目标中已有 seal");
  const Error words = make_error(ErrorCode::damaged, {}, {{"what", "seal", true}});
  CHECK(render_error(Language::chinese, words) == "已损坏：seal");
}

TEST_CASE("what an argument brings cannot steer a terminal or open a placeholder") {
  const Error error = make_error(ErrorCode::damaged, "a\x1b[2J", {{"what", "{where}\n\xff"}});
  CHECK(render_error(Language::english, error) == "a\\x1b[2J: damaged: {where}\\x0a\\xff");
}

TEST_CASE("words that were made of a message are not escaped again") {
  const Error inner = make_error(ErrorCode::not_found, "a\\b");
  const Error outer =
      make_error(ErrorCode::damaged, {}, {{"what", render_error(Language::english, inner), true}});
  CHECK(render_error(Language::english, outer) == "damaged: a\\\\b: no such file or folder");
}

}  // namespace
}  // namespace holdfast::messages
