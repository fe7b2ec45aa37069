// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/csv_reader.h"

#include <algorithm>
#include <utility>

#include "firmware/records/utf8.h"

namespace holdfast::records {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::size_t kBehindRow = 2;  // bytes that the last one of a row may have to be seen with

std::string_view text_at(ByteView row, const FieldSpan& span) {
  return text_of(row.subspan(span.begin, span.end - span.begin));
}

char unescaped_byte(char byte) {
  switch (byte) {
    case '0':
      return '\0';
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'Z':
      return '\x1A';
    default:
      return byte;
  }
}

}  // namespace

CsvReader::CsvReader(const CsvDialect& dialect, const CsvLimits& limits,
                     std::vector<std::string> columns)
    : dialect_(dialect),
      window_max_(limits.row_size_max + kBehindRow),
      columns_max_(limits.columns_max),
      scanner_(dialect, limits.columns_max + 1),
      columns_(std::move(columns)),
      has_columns_(!dialect.header) {
  HF_CHECK(limits.row_size_max >= kKiB && limits.row_size_max <= kGiB);
  HF_CHECK(dialect.header == columns_.empty() && columns_.size() <= columns_max_);
}

void CsvReader::push(ByteView block) {
  HF_CHECK(!is_finished_);
  queue_.push(block);
}

void CsvReader::finish() {
  is_finished_ = true;
}

CsvStep CsvReader::next(CsvRow& row) {
  if (failure_.fault != FileFault::none) return CsvStep::failed;
  if (queue_.size() == 0) return at_end();
  if (queue_.size() < size_wanted_ && !is_finished_) return CsvStep::none;

  const ByteView window = queue_.view().first(std::min(queue_.size(), window_max_));
  const bool has_bom = offset_ == 0 && text_of(window).starts_with(kBom);
  const ByteView from_text = window.subspan(has_bom ? kBom.size() : 0);
  ScannedRow scanned;
  if (!scan(from_text, scanned)) {
    // Twice as much before the next look, so that small blocks do not make it quadratic.
    size_wanted_ = std::min(2 * window.size(), window_max_);
    return CsvStep::none;
  }
  const std::size_t size = scanned.length + (window.size() - from_text.size());
  row = {.line = line_, .offset = offset_, .verbatim = window.first(size)};
  row.fault_offset = offset_;
  const CsvStep step = classify(row, scanned, from_text.first(scanned.length));
  queue_.drop(size);
  offset_ += size;
  line_ += scanned.lines;
  is_in_long_row_ = scanned.is_cut;
  size_wanted_ = 1;
  return step;
}

bool CsvReader::scan(ByteView window, ScannedRow& scanned) {
  const Beyond beyond = queue_.size() >= window_max_ ? Beyond::too_much
                        : is_finished_               ? Beyond::nothing
                                                     : Beyond::unknown;
  return is_in_long_row_ ? scanner_.scan_rest(window, beyond, scanned)
                         : scanner_.scan(window, beyond, scanned);
}

CsvStep CsvReader::at_end() {
  if (!is_finished_ || has_columns_) return CsvStep::none;
  return fail({.fault = FileFault::no_header, .line = line_});
}

CsvStep CsvReader::classify(CsvRow& row, const ScannedRow& scanned, ByteView text) {
  if (is_in_long_row_) {
    row.kind = RowKind::rest;
    row.fault = RowFault::row_too_long;
    row.number = number_;
    return CsvStep::row;
  }
  if (scanned.fault == RowFault::none && is_blank(text)) {
    row.kind = RowKind::blank;
    return CsvStep::row;
  }
  const RowFault fault = fault_of(scanned, text, row);
  if (!has_columns_) return take_header(row, fault, text);
  row.number = ++number_;
  if (fault != RowFault::none) {
    row.kind = RowKind::rejected;
    row.fault = fault;
    return CsvStep::row;
  }
  fill_fields(text);
  row.fields = std::span(fields_).first(columns_.size());
  return CsvStep::row;
}

CsvStep CsvReader::take_header(CsvRow& row, RowFault fault, ByteView text) {
  if (fault != RowFault::none) {
    return fail({.fault = FileFault::bad_header, .row_fault = fault, .line = row.line});
  }
  fill_fields(text);
  has_last_delimiter_ = fields_.size() > 1 && fields_.back() == CsvField("");
  if (scanner_.field_count() - (has_last_delimiter_ ? 1 : 0) > columns_max_) {
    return fail({.fault = FileFault::too_many_columns, .line = row.line});
  }
  if (has_last_delimiter_) fields_.pop_back();
  std::vector<std::string_view> names;
  for (const CsvField& field : fields_) {
    names.push_back(field.value_or(""));
    if (names.back().empty()) {
      return fail({.fault = FileFault::unnamed_column, .line = row.line, .column = names.size()});
    }
  }
  columns_.assign(names.begin(), names.end());
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    const auto first = std::ranges::find(columns_, *twice);
    const auto second = std::find(first + 1, columns_.end(), *twice);
    return fail({.fault = FileFault::duplicate_column,
                 .line = row.line,
                 .column = static_cast<std::uint64_t>(second - columns_.begin()) + 1,
                 .name = std::string(*twice)});
  }
  has_columns_ = true;
  row.kind = RowKind::header;
  row.fields = fields_;
  return CsvStep::row;
}

RowFault CsvReader::fault_of(const ScannedRow& scanned, ByteView text, CsvRow& row) const {
  if (scanned.fault != RowFault::none) return scanned.fault;
  if (scanned.has_nul) return RowFault::nul_byte;
  if (const std::size_t at = first_invalid_utf8(text); at != text.size()) {
    row.fault_offset += row.verbatim.size() - text.size() + at;
    return RowFault::invalid_text;
  }
  if (text_of(text).find(kBom) != std::string_view::npos) return RowFault::bom_inside;
  if (has_columns_ && !has_right_count(text)) return RowFault::field_count;
  return RowFault::none;
}

bool CsvReader::is_blank(ByteView text) const {
  if (text.empty()) return true;  // of a byte order mark alone
  if (scanner_.field_count() != 1 || (has_columns_ && columns_.size() == 1)) return false;
  const FieldSpan& span = scanner_.spans().front();
  return span.begin == span.end && !span.is_quoted;
}

bool CsvReader::has_right_count(ByteView text) const {
  const std::size_t count = scanner_.field_count();
  if (count == columns_.size()) return true;
  return has_last_delimiter_ && count == columns_.size() + 1 &&
         text_at(text, scanner_.spans().back()).empty();
}

CsvStep CsvReader::fail(CsvFailure failure) {
  failure_ = std::move(failure);
  return CsvStep::failed;
}

void CsvReader::fill_fields(ByteView text) {
  const auto spans = scanner_.spans();
  fields_.resize(spans.size());
  unescaped_.clear();
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const std::string_view field = text_at(text, spans[i]);
    if (!spans[i].is_escaped) {
      fields_[i] = field;
    } else if (dialect_.backslash && !spans[i].is_quoted && field == "\\N") {
      fields_[i].reset();
    } else {
      unescaped_.reserve(text.size());  // never more than that: views into it stay good
      const std::size_t begin = unescaped_.size();
      unescape(field, spans[i].is_quoted);
      fields_[i] = std::string_view(unescaped_).substr(begin);
    }
  }
}

void CsvReader::unescape(std::string_view text, bool is_quoted) {
  for (;;) {
    const std::size_t at = !dialect_.backslash ? text.find('"')
                           : is_quoted         ? text.find_first_of("\"\\")
                                               : text.find('\\');
    unescaped_ += text.substr(0, at);
    if (at == std::string_view::npos) return;
    unescaped_ += text[at] == '"' ? '"' : unescaped_byte(text[at + 1]);  // there are always two
    text.remove_prefix(at + 2);
  }
}

}  // namespace holdfast::records
