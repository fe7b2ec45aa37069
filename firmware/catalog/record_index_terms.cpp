// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_terms.h"

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::catalog {

namespace {

// FNV-1a, and a last mixing (of MurmurHash3) since its upper bits alone are poor for short texts.
// Nobody gains by a collision: it costs one more look at a row.
constexpr std::uint64_t kStart = 0xcbf29ce484222325;

std::uint64_t hash_byte(std::uint64_t hash, char byte) {
  return (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
}

std::uint64_t hash_text(std::uint64_t hash, std::string_view text) {
  for (const char byte : text) hash = hash_byte(hash, byte);
  return hash;
}

Term finished(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash >> (64 - kTermBits);
}

// What kind of text it is comes first, so that a number is not a word.
Term term_of(char kind, std::string_view text) {
  return finished(hash_text(hash_byte(kStart, kind), text));
}

constexpr std::array<std::size_t, 4> kEndings{4, 5, 6, 8};

Term digits_term(std::string_view digits) {
  return term_of('n', digits);
}

char small_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_ascii(char c) {
  return static_cast<std::uint8_t>(c) < 0x80;
}

bool is_word(char c) {
  const char small = small_letter(c);
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9');
}

// Bytes of the character that begins the text, which is not ASCII; of what is no UTF-8, some.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < 4 && size < text.size() && (static_cast<std::uint8_t>(text[size]) & 0xC0) == 0x80) {
    ++size;
  }
  return size;
}

// Takes a word off the text's start.
Term take_word(std::string_view& text) {
  std::uint64_t hash = hash_byte(kStart, 'w');
  while (!text.empty() && is_word(text.front())) {
    hash = hash_byte(hash, small_letter(text.front()));
    text.remove_prefix(1);
  }
  return finished(hash);
}

Term words_term(Term first, Term second) {
  std::uint64_t hash = hash_byte(kStart, 'p');
  for (const Term word : {first, second}) {
    for (int shift = 0; shift < kTermBits; shift += 8) {
      hash = hash_byte(hash, static_cast<char>(word >> shift & 0xff));
    }
  }
  return finished(hash);
}

// Takes characters that are not ASCII off the text's start.
void take_pairs(std::string_view& text, std::vector<Term>& out) {
  while (!text.empty() && !is_ascii(text.front())) {
    const std::size_t first = character_size(text);
    const std::string_view rest = text.substr(first);
    if (!rest.empty() && !is_ascii(rest.front())) {
      out.push_back(term_of('w', text.substr(0, first + character_size(rest))));
    }
    text = rest;
  }
}

}  // namespace

ColumnTerms::ColumnTerms(std::string_view name)
    : begun_(hash_byte(hash_text(hash_byte(kStart, 'c'), name), '\0')) {}

Term ColumnTerms::of(std::string_view value) const {
  return finished(hash_text(begun_, value));
}

Term call_id_term(std::string_view call_id) {
  return term_of('i', call_id);
}

Term key_term(std::string_view key) {
  return term_of('k', key);
}

void add_number_terms(std::string_view number, std::vector<Term>& out) {
  for (const std::size_t size : kEndings) {
    if (number.size() >= size) out.push_back(digits_term(number.substr(number.size() - size)));
  }
  if (number.size() < kEndingMax) out.push_back(digits_term(number));
}

Term number_term(std::string_view number) {
  return number.size() < kEndingMax ? digits_term(number) : ending_term(number);
}

Term ending_term(std::string_view ending) {
  std::size_t size = kEndings.front();
  for (const std::size_t longer : kEndings) {
    if (longer <= ending.size()) size = longer;
  }
  return digits_term(ending.substr(ending.size() - size));
}

void add_text_terms(std::string_view text, std::vector<Term>& out) {
  Term before = 0;  // the word, if there is one right before
  bool has_before = false;
  while (!text.empty()) {
    if (is_word(text.front())) {
      const Term word = take_word(text);
      out.push_back(word);
      if (has_before) out.push_back(words_term(before, word));
      before = word;
      has_before = true;
    } else if (!is_ascii(text.front())) {
      take_pairs(text, out);
      has_before = false;
    } else {
      text.remove_prefix(1);
    }
  }
}

bool has_text(std::string_view value, std::string_view text) {
  if (text.empty()) return true;
  const auto is_equal_small = [](char a, char b) { return small_letter(a) == small_letter(b); };
  for (std::size_t from = 0;;) {
    const auto hit = std::ranges::search(value.substr(from), text, is_equal_small);
    if (hit.empty()) return false;
    const auto begin = static_cast<std::size_t>(hit.begin() - value.begin());
    const std::size_t end = begin + text.size();
    const bool cuts_first = begin > 0 && is_word(text.front()) && is_word(value[begin - 1]);
    const bool cuts_last = end < value.size() && is_word(text.back()) && is_word(value[end]);
    if (!cuts_first && !cuts_last) return true;
    from = begin + 1;
  }
}

}  // namespace holdfast::catalog
