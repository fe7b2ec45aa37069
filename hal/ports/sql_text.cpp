// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/sql_text.h"

#include <algorithm>
#include <array>

namespace holdfast::ports {

namespace {

constexpr std::array<std::string_view, 4> kReading = {"SELECT", "WITH", "VALUES", "TABLE"};
// INTO: a new table, or a file at the server. UPDATE: also the lock of FOR UPDATE.
constexpr std::array<std::string_view, 5> kWriting = {"INSERT", "UPDATE", "DELETE", "MERGE",
                                                      "INTO"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_of_name(char c) {
  return begins_name(c) || is_digit(c);
}
// Of a word of the language: names there may have letters of any script.
bool is_of_word(char c) {
  return is_of_name(c) || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// What a dot after it belongs to, as in `t`.update.
bool ends_name(char last) {
  return last == 'a' || last == '"' || last == '`' || last == ']';
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

class Translator {
 public:
  Translator(std::string_view text, const std::vector<SqlParameter>& parameters,
             const SqlDialect& dialect)
      : text_(text), parameters_(parameters), dialect_(dialect) {}

  Result<SqlStatement> run() {
    if (text_.find('\0') != std::string_view::npos) return writes("\\0");
    while (at_ < text_.size()) {
      if (is_blank(peek())) {
        keep(1);
      } else if (const std::size_t comment = comment_size(); comment > 0) {
        const bool is_line = peek() != '/';
        keep(comment);
        // Drivers put more behind the text.
        if (is_line && out_.text.back() != '\n') out_.text += '\n';
      } else {
        HF_TRY(take_code());
      }
    }
    if (first_word_.empty()) return writes("");
    return std::move(out_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool looks_at(std::string_view what) const {
    return text_.substr(at_).starts_with(what);
  }
  void keep(std::size_t size) {
    out_.text.append(text_.substr(at_, size));
    at_ += size;
  }
  // From here to the end of the first `end` at or after `from`; without one, all of the rest.
  [[nodiscard]] std::size_t size_to(std::string_view end, std::size_t from) const {
    const std::size_t found = text_.find(end, at_ + from);
    return (found == std::string_view::npos ? text_.size() : found + end.size()) - at_;
  }

  static Error writes(std::string word) {
    return make_error(ErrorCode::sql_writes, {}, {{"reason", std::move(word)}});
  }
  static Error unknown(std::string_view name) {
    return make_error(ErrorCode::sql_parameter, {}, {{"name", std::string(name)}});
  }

  // 0: there is none here.
  [[nodiscard]] std::size_t comment_size() const {
    if (dialect_.has_hash_comments && peek() == '#') return size_to("\n", 0);
    if (looks_at("--")) {
      const bool is_comment = !dialect_.has_hash_comments || is_blank(peek(2)) || peek(2) == '\0';
      return is_comment ? size_to("\n", 0) : 0;
    }
    if (!looks_at("/*")) return 0;
    if (is_executed()) return 0;
    return dialect_.has_nested_comments ? nested_size() : size_to("*/", 2);
  }

  [[nodiscard]] bool is_executed() const {
    return dialect_.has_executed_comments && (looks_at("/*!") || looks_at("/*M!"));
  }

  [[nodiscard]] std::size_t nested_size() const {
    std::size_t depth = 0;
    for (std::size_t i = at_; i + 1 < text_.size(); ++i) {
      const std::string_view two = text_.substr(i, 2);
      if (two == "/*") {
        ++depth;
        ++i;
      } else if (two == "*/") {
        ++i;
        if (--depth == 0) return i + 1 - at_;
      }
    }
    return text_.size() - at_;
  }

  // One piece of code: quotes, a word, a parameter or a character.
  Result<void> take_code() {
    if (is_over_) return make_error(ErrorCode::sql_many);
    const char c = peek();
    if (c == ';') {
      is_over_ = true;
      ++at_;
      return {};
    }
    if (is_executed()) return writes("/*!");
    if (const std::size_t quoted = quoted_size(); quoted > 0) {
      keep(quoted);
    } else if (c == ':') {
      return take_colon();
    } else if (c == '?' && !dialect_.has_numbers) {
      return unknown("?");
    } else if (c == '$' && is_digit(peek(1))) {
      return unknown(text_.substr(at_, 2));
    } else if (is_digit(c)) {
      keep(word_size());  // 1e3 is no word
      last_ = '0';
      return {};
    } else if (is_of_word(c)) {
      return take_word();
    } else if (c == '.' && !ends_name(last_)) {
      keep(1);  // of a number
      last_ = '0';
      return {};
    } else {
      keep(1);
    }
    last_ = text_[at_ - 1];
    return {};
  }

  // 0: there are none here.
  [[nodiscard]] std::size_t quoted_size() const {
    const char c = peek();
    if (c == '\'' || c == '"') {
      const bool is_escape_string = dialect_.has_escape_strings && c == '\'' && follows_e();
      return quoted_size(c, dialect_.has_backslashes || is_escape_string);
    }
    if (c == '`') return quoted_size(c, false);
    if (c == '[' && dialect_.has_brackets) return size_to("]", 1);
    if (c != '$' || !dialect_.has_dollar_quotes) return 0;
    std::size_t end = 1;
    while (is_of_word(peek(end)) && peek(end) != '$') ++end;
    if (peek(end) != '$' || is_digit(peek(1))) return 0;
    return size_to(text_.substr(at_, end + 1), end + 1);
  }

  // A doubled quote inside looks like the end of one and the beginning of another: no matter.
  [[nodiscard]] std::size_t quoted_size(char quote, bool has_backslashes) const {
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) return i + 1 - at_;
      if (has_backslashes && text_[i] == '\\') ++i;
    }
    return text_.size() - at_;
  }

  // The word just before is the E of E'...'.
  [[nodiscard]] bool follows_e() const {
    if (at_ == 0 || (text_[at_ - 1] != 'e' && text_[at_ - 1] != 'E')) return false;
    return at_ == 1 || !is_of_word(text_[at_ - 2]);
  }

  Result<void> take_colon() {
    last_ = ':';
    if (peek(1) == ':' || peek(1) == '=') {
      keep(2);
      return {};
    }
    if (!begins_name(peek(1))) {
      keep(1);
      return {};
    }
    std::size_t end = 1;
    while (is_of_name(peek(end))) ++end;
    const std::string_view name = text_.substr(at_ + 1, end - 1);
    const auto found = std::ranges::find(parameters_, name, &SqlParameter::name);
    if (found == parameters_.end()) return unknown(name);
    at_ += end;
    out_.values.push_back(found->value);
    out_.text += dialect_.has_numbers ? "$" + std::to_string(out_.values.size()) : "?";
    return {};
  }

  [[nodiscard]] std::size_t word_size() const {
    std::size_t end = 1;
    while (is_of_word(peek(end))) ++end;
    return end;
  }

  Result<void> take_word() {
    const std::size_t size = word_size();
    const std::string word = upper(text_.substr(at_, size));
    const bool is_part_of_name = last_ == '.';
    if (first_word_.empty()) {
      first_word_ = word;
      if (!is_one_of(kReading, word)) return writes(word);
    } else if (!is_part_of_name && is_one_of(kWriting, word)) {
      const bool is_function = word == "INSERT" && peek(size) == '(';
      if (!is_function) return writes(word);
    }
    keep(size);
    last_ = 'a';
    return {};
  }

  std::string_view text_;
  const std::vector<SqlParameter>& parameters_;
  SqlDialect dialect_;
  std::size_t at_ = 0;
  char last_ = '\0';  // of the code before here: its last character, 'a' of a word, '0' of a number
  bool is_over_ = false;
  std::string first_word_;
  SqlStatement out_;
};

}  // namespace

Result<SqlStatement> translate(std::string_view text, const std::vector<SqlParameter>& parameters,
                               const SqlDialect& dialect) {
  return Translator(text, parameters, dialect).run();
}

}  // namespace holdfast::ports
