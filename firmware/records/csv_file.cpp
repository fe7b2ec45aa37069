// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/csv_file.h"

#include <algorithm>
#include <utility>

namespace holdfast::records {

namespace {

// Always as much at a time, so that pieces of rows too long do not depend on the caller's blocks.
constexpr std::size_t kDecodedAtOnce = 64 * kKiB;

bool is_line_end(std::uint32_t unit) {
  return unit == '\n' || unit == '\r';
}

}  // namespace

CsvFile::CsvFile(const CsvDialect& dialect, std::optional<Charset> charset, const CsvLimits& limits,
                 std::vector<std::string> columns)
    : reader_(dialect, limits, std::move(columns)) {
  if (charset) choose(*charset);
}

void CsvFile::push(ByteView block) {
  if (charset_ == Charset::utf8) {
    reader_.push(block);
  } else {
    source_.push(block);
  }
}

void CsvFile::finish() {
  is_finished_ = true;
}

const CsvFailure& CsvFile::failure() const {
  return failure_.fault != FileFault::none ? failure_ : reader_.failure();
}

CsvStep CsvFile::next(CsvRow& row) {
  if (!charset_) {
    if (source_.size() < kCharsetSampleSize && !is_finished_) return CsvStep::none;
    choose(detect_charset(source_.view()));
  }
  if (failure_.fault != FileFault::none) return CsvStep::failed;
  for (;;) {
    const CsvStep step = reader_.next(row);
    if (step == CsvStep::none && feed_reader()) continue;
    if (step != CsvStep::row) return step;
    if (decoder_) {
      give_source_bytes(row);
      if (row.verbatim.empty()) continue;  // an earlier piece has them
    }
    if (is_of_other_charset(row)) {
      row.kind = RowKind::rejected;
      row.fault = RowFault::other_charset;
      row.fault_offset = row.offset;
      row.fields = {};
    }
    return step;
  }
}

void CsvFile::choose(Charset charset) {
  charset_ = charset;
  if (charset == Charset::utf8) {
    reader_.push(source_.view());
    source_.drop(source_.size());
    return;
  }
  decoder_.emplace(charset);
  if (!decoder_->is_usable()) failure_ = {.fault = FileFault::no_converter};
}

// False: there is nothing more to feed it with.
bool CsvFile::feed_reader() {
  if (decoder_ && decoded_ < source_.size()) {
    const ByteView rest = source_.view().subspan(decoded_);
    const std::size_t size = std::min(kDecodedAtOnce, rest.size());
    if (size < kDecodedAtOnce && !is_finished_) return false;
    text_.clear();
    decoder_->decode(rest.first(size), text_);
    reader_.push(view_of(text_));
    decoded_ += size;
    return true;
  }
  if (!is_finished_ || is_reader_finished_) return false;
  if (decoder_) {
    text_.clear();
    decoder_->finish(text_);
    reader_.push(view_of(text_));
  }
  reader_.finish();
  is_reader_finished_ = true;
  return true;
}

// How many bytes a row's text was made of. Text that does not end a line is the file's last, or a
// piece of a line too long: all of the line that is decoded counts then.
std::size_t CsvFile::source_size_of(ByteView text) const {
  const auto in_text = std::ranges::count_if(text, is_line_end);
  auto ends_left = static_cast<std::size_t>(in_text);
  const bool is_whole = !text.empty() && is_line_end(text.back());
  const ByteView source = source_.view().first(decoded_);
  const std::size_t unit = charset_ == Charset::gb18030 ? 1 : 2;
  const std::size_t low = charset_ == Charset::utf16be ? 1 : 0;
  for (std::size_t at = 0; at + unit <= source.size(); at += unit) {
    const std::uint8_t high_byte = unit == 1 ? 0 : source[at + 1 - low];
    if (high_byte != 0 || !is_line_end(source[at + low])) continue;
    if (ends_left == 0) return at;
    if (--ends_left == 0 && is_whole) return at + unit;
  }
  return source.size();
}

void CsvFile::give_source_bytes(CsvRow& row) {
  const std::size_t size = source_size_of(row.verbatim);
  row.verbatim = source_.view().first(size);
  row.offset = row.fault_offset = offset_;
  if (row.fault == RowFault::invalid_text) {
    row.fault_offset += decoder_->first_invalid(row.verbatim);
  }
  source_.drop(size);
  decoded_ -= size;
  offset_ += size;
}

bool CsvFile::is_of_other_charset(const CsvRow& row) {
  if (charset_ == Charset::gb18030) {
    return row.kind == RowKind::row && looks_like_utf8(row.verbatim);
  }
  if (charset_ != Charset::utf8 || row.fault != RowFault::invalid_text) return false;
  if (!gb18030_) gb18030_.emplace(Charset::gb18030);
  return gb18030_->is_usable() && gb18030_->first_invalid(row.verbatim) == row.verbatim.size();
}

}  // namespace holdfast::records
