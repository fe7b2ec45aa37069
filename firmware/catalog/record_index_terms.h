// SPDX-License-Identifier: Apache-2.0
// By what a row is found: each of its values, words and numbers as a term, a hash of 36 bits. Two
// of them may have one term, so what a term finds is compared with the row itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast::catalog {

using Term = std::uint64_t;
inline constexpr int kTermBits = 36;

// Of a column's values: begun once with its name.
class ColumnTerms {
 public:
  explicit ColumnTerms(std::string_view name);
  [[nodiscard]] Term of(std::string_view value) const;

 private:
  std::uint64_t begun_;
};

[[nodiscard]] Term call_id_term(std::string_view call_id);
[[nodiscard]] Term key_term(std::string_view key);

// All terms of a number (digits, normalised): its last 4, 5, 6 and 8, or all of it if it is short.
void add_number_terms(std::string_view number, std::vector<Term>& out);
// The one term that finds this whole number, and the one that finds those with this ending.
[[nodiscard]] Term number_term(std::string_view number);
inline constexpr std::size_t kEndingMin = 4;
inline constexpr std::size_t kEndingMax = 8;
[[nodiscard]] Term ending_term(std::string_view ending);

// Each word of ASCII letters and digits, in small letters; each two of these that stand side by
// side, so that words in another order cost no look at a row; and each two neighbours of other
// characters (Chinese has no spaces). One such character by itself has no term.
void add_text_terms(std::string_view text, std::vector<Term>& out);
// Whether `text` stands in the value: ASCII letters in either case, and where it begins or ends
// with an ASCII word, that is a whole word of the value. Then every term of `text` is one of the
// value's.
[[nodiscard]] bool has_text(std::string_view value, std::string_view text);

}  // namespace holdfast::catalog
