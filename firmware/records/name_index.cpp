// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/name_index.h"

#include <algorithm>
#include <utility>

#include "firmware/records/ascii.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kGramSize = 5;
constexpr unsigned kPlaceBits = 32;

bool is_of_word(char byte) {
  return is_letter(byte) || is_digit(byte) || static_cast<unsigned char>(byte) >= 0x80;
}

// FNV-1a, and its upper half, where every byte counts. Two of one hash cost a look more.
std::uint32_t hash_of(std::string_view part) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : part) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return static_cast<std::uint32_t>((hash * 0x9e3779b97f4a7c15) >> 32);
}

// Each longest run of letters and digits, with where it stands.
template <class Visit>
void for_each_word(std::string_view text, const Visit& visit) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_of_word(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_of_word(text[end])) ++end;
    visit(begin, text.substr(begin, end - begin));
    begin = end;
  }
}

template <class Visit>
void for_each_gram(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at + kGramSize <= text.size(); ++at) visit(text.substr(at, kGramSize));
}

}  // namespace

void NameIndex::build(std::uint32_t count, NameAt name_at) {
  count_ = count;
  name_at_ = std::move(name_at);
  has_grams_ = false;
  words_.clear();
  grams_.clear();
  if (count_ <= kFew) return;
  fill(words_, kWordsMax, [](std::string_view name, const auto& visit) {
    for_each_word(name, [&](std::size_t, std::string_view word) { visit(word); });
  });
}

// They cost more than words, which mostly do.
void NameIndex::ask_for_grams() {
  if (std::exchange(has_grams_, true)) return;
  fill(grams_, kGramsMax,
       [](std::string_view name, const auto& visit) { for_each_gram(name, visit); });
}

template <class ForEachPart>
void NameIndex::fill(Entries& entries, std::size_t count_max, const ForEachPart& for_each_part) {
  bool has_room = true;
  for (std::uint32_t place = 0; place < count_ && has_room; ++place) {
    for_each_part(name_at_(place), [&](std::string_view part) {
      has_room = entries.size() < count_max;
      if (has_room) entries.push_back(std::uint64_t{hash_of(part)} << kPlaceBits | place);
    });
  }
  if (!has_room) return entries.clear();
  std::ranges::sort(entries);
  entries.erase(std::ranges::unique(entries).begin(), entries.end());
}

void NameIndex::keep_rarer(const Entries& entries, std::string_view part, Found& found) const {
  if (entries.empty()) return;
  const auto those = std::ranges::equal_range(
      entries, hash_of(part), {}, [](std::uint64_t each) { return each >> kPlaceBits; });
  if (those.size() < count_of(found)) found = std::span(those.begin(), those.end());
}

std::optional<std::vector<std::uint32_t>> NameIndex::candidates_of(const PathPattern& pattern) {
  Found found;
  const auto pieces = std::span(pattern.pieces).subspan(1);
  for (const std::string& piece : pieces) {
    const bool is_last = &piece == &pieces.back();
    for_each_word(piece, [&](std::size_t at, std::string_view word) {
      const bool is_whole = at > 0 && (at + word.size() < piece.size() || is_last);
      if (is_whole) keep_rarer(words_, word, found);
    });
  }
  for (const std::string& piece : pieces) {
    for_each_gram(piece, [&](std::string_view gram) {
      if (count_of(found) <= kFew) return;
      ask_for_grams();
      keep_rarer(grams_, gram, found);
    });
  }
  if (count_of(found) > kLookedMax) return std::nullopt;
  std::vector<std::uint32_t> places;
  places.reserve(count_of(found));
  for (std::uint32_t at = 0; at < count_of(found); ++at) {
    places.push_back(found ? static_cast<std::uint32_t>((*found)[at]) : at);
  }
  return places;
}

}  // namespace holdfast::records
