// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/csv_scanner.h"

#include <algorithm>

#include "hal/base/check.h"

namespace holdfast::records {

namespace {

enum class State { plain, quoted, formula, skipped };
enum class Step { on, row, more };

WantedBytes wanted_of(const CsvDialect& dialect) {
  const auto delimiter = static_cast<std::uint8_t>(dialect.delimiter);
  return {delimiter,
          0,
          dialect.row_end == RowEnd::crlf ? delimiter : std::uint8_t{'\n'},
          dialect.row_end == RowEnd::lf ? delimiter : std::uint8_t{'\r'},
          dialect.quotes ? std::uint8_t{'"'} : delimiter,
          dialect.backslash ? std::uint8_t{'\\'} : delimiter};
}

}  // namespace

// One scan.
class RowWalk {
 public:
  RowWalk(CsvScanner& scanner, ByteView bytes, Beyond beyond, State state, ScannedRow& row)
      : scanner_(scanner),
        delimiter_(static_cast<std::uint8_t>(scanner.dialect_.delimiter)),
        row_end_(scanner.dialect_.row_end),
        bytes_(bytes),
        marks_(bytes, scanner.finder_),
        beyond_(beyond),
        state_(state),
        row_(row) {
    scanner_.field_count_ = 0;
    row_ = {};
  }

  bool run() {
    for (;;) {
      const std::size_t at = marks_.next();
      if (at != bytes_.size() && bytes_[at] == delimiter_ && state_ == State::plain) {
        end_field(at);
        continue;
      }
      const Step step = at == bytes_.size() ? end_of_bytes() : take(at);
      if (step == Step::row) return true;
      if (step == Step::more) {
        if (beyond_ != Beyond::too_much) return false;
        give_up(at);
        return true;
      }
    }
  }

 private:
  Step take(std::size_t at) {
    const std::uint8_t byte = bytes_[at];
    if (byte == delimiter_) {
      return state_ == State::formula ? skip_line(at) : Step::on;
    }
    if (byte == '"') return take_quote(at);
    if (byte == '\\') return take_escape(at);
    if (byte != 0) return take_line_end(at);
    row_.has_nul = true;
    return Step::on;
  }

  Step take_quote(std::size_t at) {
    switch (state_) {
      case State::skipped:
        return Step::on;
      case State::plain:
        if (at == field_begin_) {
          state_ = State::quoted;
          is_quoted_ = true;
        } else if (at == field_begin_ + 1 && bytes_[field_begin_] == '=') {
          state_ = State::formula;
        } else {
          return skip_line(at);
        }
        return Step::on;
      case State::quoted:
      case State::formula:
        break;
    }
    if (at + 1 == bytes_.size() || ends_field(bytes_[at + 1])) {
      state_ = State::plain;
    } else if (state_ == State::quoted && bytes_[at + 1] == '"') {
      is_escaped_ = true;
      marks_.skip_to(at + 2);
    } else {
      return skip_line(at);
    }
    return Step::on;
  }

  Step take_escape(std::size_t at) {
    const std::size_t escaped = at + 1;
    if (escaped == bytes_.size()) {
      is_escape_cut_ = true;  // if nothing is beyond
      return beyond_ == Beyond::nothing ? Step::on : Step::more;
    }
    std::size_t end = escaped + 1;
    if (ends_line(bytes_[escaped])) {
      if (!is_end_known(escaped)) return Step::more;
      row_.lines += line_end(escaped) > escaped ? 1 : 0;
      end = std::max(end, line_end(escaped));
    }
    row_.has_nul |= bytes_[escaped] == 0;
    is_escaped_ = true;
    marks_.skip_to(end);
    return Step::on;
  }

  Step take_line_end(std::size_t at) {
    if (!is_end_known(at)) return Step::more;
    const std::size_t end = line_end(at);
    const bool is_data = end == at;
    const bool is_behind_quotes = state_ == State::plain && is_quoted_;
    if (is_data) return is_behind_quotes ? skip_line(at) : Step::on;
    if (state_ == State::formula) return skip_line(at);
    ++row_.lines;
    if (state_ != State::quoted) return finish(at, end);
    marks_.skip_to(end);
    if (first_line_.length == 0) first_line_ = {.length = end, .lines = row_.lines};
    return Step::on;
  }

  // Nothing more is marked.
  Step end_of_bytes() {
    if (beyond_ != Beyond::nothing) return Step::more;
    if (state_ == State::quoted) {
      if (first_line_.length != 0) return break_off();
      row_.fault = RowFault::unclosed_quote;
    }
    if (state_ == State::formula) row_.fault = RowFault::stray_quote;
    if (state_ == State::plain && is_escape_cut_) row_.fault = RowFault::cut_escape;
    return finish(bytes_.size(), bytes_.size());
  }

  // The rules of quoting are broken at `at`.
  Step skip_line(std::size_t at) {
    if (first_line_.length != 0) return break_off();
    row_.fault = RowFault::stray_quote;
    state_ = State::skipped;
    return take(at);
  }

  Step break_off() {
    row_ = first_line_;
    row_.fault = RowFault::unclosed_quote;
    return Step::row;
  }

  Step finish(std::size_t text_end, std::size_t end) {
    if (state_ == State::plain) end_field(text_end);
    row_.length = end;
    return Step::row;
  }

  // Too many bytes, and no end up to the one at `at`, which needs others to be understood.
  void give_up(std::size_t at) {
    if (state_ == State::quoted && first_line_.length != 0) {
      break_off();
      return;
    }
    row_.fault = RowFault::row_too_long;
    row_.length = at;
    row_.is_cut = true;
  }

  void end_field(std::size_t at) {
    if (scanner_.field_count_ < scanner_.spans_max_) {
      const std::uint32_t quote = is_quoted_ ? 1 : 0;
      FieldSpan& span = scanner_.spans_[scanner_.field_count_];
      span.begin = field_begin_ + quote;
      span.end = static_cast<std::uint32_t>(at) - quote;
      span.is_quoted = is_quoted_;
      span.is_escaped = is_escaped_;
    }
    ++scanner_.field_count_;
    field_begin_ = static_cast<std::uint32_t>(at + 1);
    is_quoted_ = is_escaped_ = false;
  }

  // Whether a line end may begin with the byte.
  [[nodiscard]] bool ends_line(std::uint8_t byte) const {
    return (byte == '\n' && row_end_ != RowEnd::crlf) || (byte == '\r' && row_end_ != RowEnd::lf);
  }
  [[nodiscard]] bool ends_field(std::uint8_t byte) const {
    return byte == delimiter_ || ends_line(byte);
  }
  [[nodiscard]] bool is_end_known(std::size_t at) const {
    return bytes_[at] == '\n' || at + 1 < bytes_.size() || beyond_ == Beyond::nothing;
  }
  // Behind the line end that begins at `at`; `at` if none does.
  [[nodiscard]] std::size_t line_end(std::size_t at) const {
    if (bytes_[at] == '\n') return at + 1;
    if (at + 1 < bytes_.size() && bytes_[at + 1] == '\n') return at + 2;
    return row_end_ == RowEnd::crlf ? at : at + 1;
  }

  CsvScanner& scanner_;
  const std::uint8_t delimiter_;
  const RowEnd row_end_;
  const ByteView bytes_;
  ByteMarks marks_;
  const Beyond beyond_;
  State state_;
  std::uint32_t field_begin_ = 0;
  bool is_quoted_ = false;   // the field
  bool is_escaped_ = false;  // something in it
  bool is_escape_cut_ = false;
  ScannedRow& row_;
  ScannedRow first_line_;  // of length 0 while the row is still in it
};

CsvScanner::CsvScanner(const CsvDialect& dialect, std::size_t spans_max)
    : dialect_(dialect), finder_(wanted_of(dialect)), spans_max_(spans_max), spans_(spans_max) {
  for (const char other : {'"', '\\', '\r', '\n', '\0'}) HF_CHECK(dialect.delimiter != other);
}

bool CsvScanner::scan(ByteView bytes, Beyond beyond, ScannedRow& row) {
  return RowWalk(*this, bytes, beyond, State::plain, row).run();
}

bool CsvScanner::scan_rest(ByteView bytes, Beyond beyond, ScannedRow& row) {
  const bool is_known = RowWalk(*this, bytes, beyond, State::skipped, row).run();
  row.fault = RowFault::row_too_long;
  return is_known;
}

std::span<const FieldSpan> CsvScanner::spans() const {
  return std::span(spans_).first(std::min(field_count_, spans_max_));
}

}  // namespace holdfast::records
