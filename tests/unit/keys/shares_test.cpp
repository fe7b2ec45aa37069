// SPDX-License-Identifier: Apache-2.0
// Recovery shares: the published vectors, every count, and what each mistake is called.
#include "firmware/keys/shares.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "firmware/keys/share_words.h"
#include "hal/sim/random.h"
#include "tests/unit/keys/slip39_vectors.h"

using namespace holdfast;
using namespace holdfast::keys;

namespace {

std::string text(const SecretBytes& line) {
  return std::string(text_of(line.view()));
}

Result<SecretBytes> combine(const std::vector<std::string>& lines, ByteView passphrase = {}) {
  std::vector<Share> shares;
  for (const std::string& line : lines) {
    HF_TRY(shares.emplace_back(), parse_share(view_of(line)));
  }
  return combine_shares(shares, passphrase);
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words(1);
  for (const char letter : line) {
    if (letter == ' ') {
      words.emplace_back();
    } else {
      words.back().push_back(letter);
    }
  }
  return words;
}

std::string line_of(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// A secret in five shares of which three are needed, and another one in two of three.
struct Fixture {
  sim::SimRandom random{1};
  SecretKey secret = random.key();
  SplitSecret split = split_secret(secret.view(), {3, 5}, random);
  SplitSecret other = split_secret(random.key().view(), {2, 3}, random);

  [[nodiscard]] std::string line(std::size_t number) const { return text(split.lines[number - 1]); }
  [[nodiscard]] bool gives_secret(const Result<SecretBytes>& combined) const {
    return combined && std::ranges::equal(combined->view(), secret.view());
  }
};

bool has_several_groups(const test::Slip39Vector& vector) {
  for (const std::string_view share : vector.shares) {
    const auto parsed = parse_share(view_of(share));
    if (!share.empty() && !parsed && parsed.error().argument("what") == "share groups") return true;
  }
  return false;
}

}  // namespace

TEST_CASE("The published vectors of SLIP-39 give their secrets, and bad ones nothing") {
  std::size_t opened = 0;
  std::size_t refused = 0;
  for (const test::Slip39Vector& vector : test::kSlip39Vectors) {
    CAPTURE(vector.what);
    std::vector<std::string> lines;
    for (const std::string_view share : vector.shares) {
      if (!share.empty()) lines.emplace_back(share);
    }
    const auto combined = combine(lines, view_of("TREZOR"));
    if (vector.secret.empty() || has_several_groups(vector)) {
      CHECK_FALSE(combined);
      ++refused;
      continue;
    }
    INFO((combined ? "" : debug_text(combined.error())));
    REQUIRE(combined);
    CHECK(to_hex(combined->view()) == vector.secret);
    ++opened;
  }
  CHECK(opened == 9);
  CHECK(refused == 36);
}

TEST_CASE("Every share of every count is needed, and any of them will do") {
  sim::SimRandom random(2);
  for (std::uint8_t made = 1; made <= kSharesMax; ++made) {
    for (std::uint8_t needed = 1; needed <= made; ++needed) {
      CAPTURE(int{made}, int{needed});
      const ShareCount count{needed, made};
      CHECK(count.valid() == (needed > 1 || made == 1));
      if (!count.valid()) continue;
      const SecretKey secret = random.key();
      const SplitSecret split = split_secret(secret.view(), count, random);
      REQUIRE(split.lines.size() == made);
      std::vector<std::string> lines;
      for (std::size_t i = made; i > std::size_t{made} - needed; --i) {
        lines.push_back(text(split.lines[i - 1]));
      }
      const auto combined = combine(lines);
      REQUIRE(combined);
      CHECK(std::ranges::equal(combined->view(), secret.view()));
      lines.pop_back();
      CHECK(combine(lines).error().code == ErrorCode::too_few_shares);
    }
  }
}

TEST_CASE("A share is 33 words, says its set and needs no other form") {
  const Fixture f;
  CHECK(words_of(f.line(1)).size() == 33);
  std::string spread = "\t " + f.line(2) + "\r\n";
  std::ranges::transform(spread, spread.begin(), [](char c) { return c == ' ' ? '\n' : c; });
  std::string loud = f.line(3);
  std::ranges::transform(loud, loud.begin(),
                         [](char c) { return c == ' ' ? c : static_cast<char>(c - 'a' + 'A'); });
  CHECK(f.gives_secret(combine({f.line(1), spread, loud})));
  const auto share = parse_share(view_of(f.line(4)));
  REQUIRE(share);
  CHECK(share->set == f.split.set);
  CHECK(share->extendable);
  CHECK((share->exponent == 1 && share->needed == 3 && share->index == 3));
}

TEST_CASE("More shares than are needed must all fit") {
  const Fixture f;
  CHECK(f.gives_secret(combine({f.line(5), f.line(1), f.line(3), f.line(2), f.line(4)})));
}

TEST_CASE("A wrong word is named with its number and the word that is meant") {
  const Fixture f;
  std::vector<std::string> words = words_of(f.line(1));
  words[6] = "acadenic";
  const auto share = parse_share(view_of(line_of(words)));
  REQUIRE_FALSE(share);
  CHECK(share.error().code == ErrorCode::share_word);
  CHECK(share.error().argument("number") == "7");
  CHECK(share.error().argument("word") == "acadenic");
  CHECK(share.error().argument("nearest") == "academic");
  CHECK(nearest_share_word("zeroo") == "zero");
  CHECK(nearest_share_word("zeru") == "zero");
  CHECK(nearest_share_word(std::string(5000, 'z')).size() > 0);
}

TEST_CASE("The list of words is that of the standard") {
  CHECK(share_word(0) == "academic");
  CHECK(share_word(1023) == "zero");
  for (std::uint16_t number = 0; number < kShareWords; ++number) {
    CHECK(find_share_word(share_word(number)) == number);
  }
  CHECK_FALSE(find_share_word(""));
  CHECK_FALSE(find_share_word("zoo"));
}

TEST_CASE("Any one word exchanged, or two neighbours swapped, is told from a share") {
  const Fixture f;
  const std::vector<std::string> words = words_of(f.line(1));
  for (std::size_t i = 0; i < words.size(); ++i) {
    CAPTURE(i);
    std::vector<std::string> wrong = words;
    wrong[i] = wrong[i] == "academic" ? "acid" : "academic";
    CHECK(parse_share(view_of(line_of(wrong))).error().code == ErrorCode::share_checksum);
    if (i == 0 || words[i] == words[i - 1]) continue;
    wrong = words;
    std::swap(wrong[i], wrong[i - 1]);
    CHECK(parse_share(view_of(line_of(wrong))).error().code == ErrorCode::share_checksum);
  }
}

TEST_CASE("A share cut short, or none at all, has the wrong length") {
  const Fixture f;
  for (const std::size_t count : {0UL, 1UL, 19UL, 21UL, 31UL, 32UL}) {
    CAPTURE(count);
    std::vector<std::string> words = words_of(f.line(1));
    words.resize(count);
    const auto share = parse_share(view_of(line_of(words)));
    REQUIRE_FALSE(share);
    CHECK(share.error().code == ErrorCode::share_length);
    CHECK(share.error().argument("words") == std::to_string(count));
  }
  CHECK(parse_share(view_of(f.line(1) + " " + f.line(2))).error().code == ErrorCode::share_length);
  CHECK(parse_share(Bytes(5000, ' ')).error().code == ErrorCode::share_form);
}

TEST_CASE("Shares of two sets, and one share twice, are named by their places") {
  const Fixture f;
  const auto mixed = combine({f.line(1), f.line(2), text(f.other.lines[2])});
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().code == ErrorCode::share_sets);
  CHECK(mixed.error().argument("first") == "1");
  CHECK(mixed.error().argument("second") == "3");
  const auto twice = combine({f.line(1), f.line(2), f.line(2)});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == ErrorCode::share_twice);
  CHECK(twice.error().argument("first") == "2");
  CHECK(twice.error().argument("second") == "3");
}

TEST_CASE("Too few shares are counted") {
  const Fixture f;
  const auto two = combine({f.line(1), f.line(5)});
  REQUIRE_FALSE(two);
  CHECK(two.error().code == ErrorCode::too_few_shares);
  CHECK(two.error().argument("present") == "2");
  CHECK(two.error().argument("needed") == "3");
  CHECK(combine({}).error().code == ErrorCode::too_few_shares);
}

TEST_CASE("A forged share that checks gives no secret") {
  Fixture f;
  std::vector<Share> shares;
  for (const std::size_t number : {1UL, 2UL, 3UL, 4UL}) {
    shares.push_back(parse_share(view_of(f.line(number))).value());
  }
  shares[3].value.bytes()[0] ^= 1;
  CHECK(combine_shares(shares).error().code == ErrorCode::shares_disagree);
  std::swap(shares[0], shares[3]);
  CHECK(combine_shares(std::span(shares).first(3)).error().code == ErrorCode::shares_disagree);
}

TEST_CASE("Iterations that nobody would wait for are refused") {
  Fixture f;
  std::vector<Share> shares;
  shares.push_back(parse_share(view_of(f.line(1))).value());
  shares.front().exponent = 15;
  CHECK(combine_shares(shares).error().code == ErrorCode::limit_exceeded);
}
