// SPDX-License-Identifier: Apache-2.0
// What fits a pattern is among its candidates, however the pattern is made and the names are.
#include "firmware/records/name_index.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace holdfast::records {

namespace {

using Names = std::vector<std::string>;

void build(NameIndex& index, const Names& names) {
  index.build(static_cast<std::uint32_t>(names.size()),
              [&names](std::uint32_t place) { return std::string_view(names[place]); });
}

// Where `*` is a star.
PathPattern pattern_of(std::string text) {
  std::ranges::replace(text, '*', kStar);
  return PathPattern::parse(text);
}

std::string number(std::uint32_t of) {
  return "1380" + std::to_string(1'000'000 + of);
}

Names numbered(std::uint32_t count, const std::string& before, const std::string& after) {
  Names names;
  for (std::uint32_t at = 0; at < count; ++at) {
    names.push_back(before);
    names.back().append(number(at)).append(after);
  }
  return names;
}

std::string random_text(std::mt19937& random, std::size_t size_max) {
  constexpr std::string_view kBytes = "001122_-.";
  std::string text;
  for (std::size_t left = random() % (size_max + 1); left > 0; --left) {
    text += kBytes[random() % kBytes.size()];
  }
  return text;
}

// A name with stars for parts of it.
std::string random_pattern(std::mt19937& random, const std::string& name) {
  std::string text;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t size = 1 + random() % 9;
    text += random() % 3 == 0 ? "*" : name.substr(at, size);
    at += size;
  }
  return "*" + text;
}

}  // namespace

TEST_CASE("what fits a pattern is among the candidates") {
  std::mt19937 random(7);  // NOLINT: the same every time
  std::size_t spared = 0;
  for (int round = 0; round < 60; ++round) {
    Names names;
    for (int count = 0; count < 200; ++count) names.push_back(random_text(random, 24));
    NameIndex index;
    build(index, names);
    for (int tries = 0; tries < 50; ++tries) {
      const std::string text = random_pattern(random, names[random() % names.size()]);
      INFO(text);
      const PathPattern pattern = pattern_of(text);
      const auto candidates = index.candidates_of(pattern);
      REQUIRE(candidates);
      REQUIRE(std::ranges::is_sorted(*candidates));
      spared += candidates->size() < names.size() ? 1 : 0;
      for (std::uint32_t place = 0; place < names.size(); ++place) {
        if (!pattern.fits(names[place])) continue;
        INFO(names[place]);
        REQUIRE(std::ranges::binary_search(*candidates, place));
      }
    }
  }
  CHECK(spared > 1'000);
}

TEST_CASE("a number is found by a word that the pattern fences, and by itself where nothing does") {
  NameIndex index;
  const Names fenced = numbered(5'000, "20_", "_in.wav");
  build(index, fenced);
  CHECK(index.candidates_of(pattern_of("*_" + number(77) + "_*")) == std::vector{77U});
  const Names loose = numbered(5'000, "x20", "in.wav");
  build(index, loose);
  const auto candidates = index.candidates_of(pattern_of("*" + number(77) + "*"));
  REQUIRE(candidates);
  CHECK(std::ranges::count(*candidates, 77U) == 1);
  CHECK(candidates->size() <= 20);
  CHECK(index.candidates_of(pattern_of("*99999999999*")) == std::vector<std::uint32_t>());
}

TEST_CASE("where no part of a pattern is rare there are too many candidates") {
  NameIndex index;
  const Names names = numbered(NameIndex::kLookedMax + 1, "x", ".wav");
  build(index, names);
  for (const char* text : {"*", "*.wav", "*380*", "*1380*"}) {
    CAPTURE(text);
    CHECK_FALSE(index.candidates_of(pattern_of(text)));
  }
  const Names fewer = numbered(NameIndex::kLookedMax, "x", ".wav");
  build(index, fewer);
  CHECK(index.candidates_of(pattern_of("*"))->size() == NameIndex::kLookedMax);
}

TEST_CASE("names of so many words and bytes that no table may hold them are not looked up") {
  std::string filler;
  while (filler.size() < 4'000) filler += "." + std::to_string(filler.size() * 7919 % 100'003);
  const auto names_of = [&](std::uint32_t count, std::size_t size) {
    return numbered(count, "20_", "_" + filler.substr(0, size));
  };
  const PathPattern fenced = pattern_of("*_" + number(77) + "_*");
  const PathPattern loose = pattern_of("*" + number(77) + "*");
  NameIndex index;
  const Names usual = names_of(5'000, 100);
  build(index, usual);
  CHECK(index.candidates_of(fenced) == std::vector{77U});
  CHECK(index.candidates_of(loose)->size() <= 20);
  const Names hostile = names_of(5'000, filler.size());
  build(index, hostile);
  CHECK_FALSE(index.candidates_of(fenced));
  CHECK_FALSE(index.candidates_of(loose));
}

}  // namespace holdfast::records
