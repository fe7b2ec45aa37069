// SPDX-License-Identifier: Apache-2.0
// Reading the audit log from its end: so much of it as is asked for, and no more.
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "firmware/api/audit_line.h"
#include "firmware/api/audit_log.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kStep = 64 * kKiB;

// The finished lines of one file, the last one first.
class BackReader {
 public:
  explicit BackReader(std::unique_ptr<ports::ReadFile> file)
      : file_(std::move(file)), begin_(file_->size()) {}

  // As if the file ended there, where a line begins.
  void end_at(std::uint64_t offset) { begin_ = offset; }
  // Where a line begins before which all have smaller numbers, or nearly so: what is behind it need
  // not be read.
  [[nodiscard]] Result<std::uint64_t> find(std::uint64_t number);
  // Without the newline; nothing at the beginning. Of a line that is longer than any of ours, no
  // byte.
  [[nodiscard]] Result<std::optional<std::string>> next();

 private:
  // The first line that begins behind `offset` and can be read: its place and number.
  [[nodiscard]] Result<std::optional<std::pair<std::uint64_t, std::uint64_t>>> line_behind(
      std::uint64_t offset);
  [[nodiscard]] Result<void> fill();

  std::unique_ptr<ports::ReadFile> file_;
  std::uint64_t begin_;   // of what is held, in the file
  std::string held_;      // read, and not given yet
  bool has_end_ = false;  // held_ ends with the newline of the line that comes next
  bool is_too_long_ = false;
};

Result<void> BackReader::fill() {
  const std::uint64_t count = std::min<std::uint64_t>(begin_, kStep);
  Bytes bytes(count);
  HF_TRY(file_->read_all(begin_ - count, bytes));
  begin_ -= count;
  held_.insert(0, text_of(bytes));
  return {};
}

Result<std::optional<std::string>> BackReader::next() {
  while (true) {
    const std::size_t size = has_end_ ? held_.size() - 1 : held_.size();
    const std::size_t newline = size == 0 ? std::string::npos : held_.rfind('\n', size - 1);
    const bool is_first = newline == std::string::npos && begin_ == 0;
    if (newline == std::string::npos && !is_first) {
      if (has_end_ && size > kAuditLineMax) {
        is_too_long_ = true;
        held_ = "\n";
      } else if (!has_end_) {
        held_.clear();  // a write that did not finish
      }
      HF_TRY(fill());
      continue;
    }
    const std::size_t begin = is_first ? 0 : newline + 1;
    std::string line = held_.substr(begin, size - begin);
    held_.resize(begin);
    if (!std::exchange(has_end_, !is_first)) {
      if (is_first) return std::optional<std::string>();
      continue;  // what stood behind the last newline
    }
    if (std::exchange(is_too_long_, false)) line.clear();
    return std::optional(std::move(line));
  }
}

Result<std::optional<std::pair<std::uint64_t, std::uint64_t>>> BackReader::line_behind(
    std::uint64_t offset) {
  Bytes bytes(std::min<std::uint64_t>(file_->size() - offset, 4 * kAuditLineMax));
  HF_TRY(file_->read_all(offset, bytes));
  std::string_view text = text_of(bytes);
  for (std::size_t end = text.find('\n'); end != text.npos;) {
    const std::size_t begin = end + 1;
    end = text.find('\n', begin);
    if (end == text.npos) break;
    const auto line = parse_audit_line(text.substr(begin, end - begin));
    if (line) return std::optional(std::pair(offset + begin, line->number));
  }
  return std::optional<std::pair<std::uint64_t, std::uint64_t>>();
}

Result<std::uint64_t> BackReader::find(std::uint64_t number) {
  std::uint64_t low = 0;
  std::uint64_t high = file_->size();
  while (high - low > kStep) {
    const std::uint64_t middle = low + (high - low) / 2;
    HF_TRY(const auto line, line_behind(middle));
    if (!line || line->first >= high) break;  // damage: more is read than need be
    (line->second < number ? low : high) = line->first;
  }
  return high;
}

// What follows what, backwards.
class BackChain {
 public:
  // Nothing: the line is none, or the same once more.
  [[nodiscard]] std::optional<AuditLine> take(const std::string& text, const std::string& file) {
    if (text == last_) return std::nullopt;
    auto line = parse_audit_line(text);
    if (!line) {
      fail(later_ ? later_->number - 1 : 0, file, "form");
      later_.reset();
      return std::nullopt;
    }
    if (later_ && later_->number != line->number + 1) {
      fail(line->number + 1, later_file_, "number");
    } else if (later_ && later_->previous != sha256(view_of(text))) {
      fail(later_->number, later_file_, "chain");
    }
    last_ = text;
    later_ = line;
    later_file_ = file;
    return line;
  }
  [[nodiscard]] const std::optional<AuditFault>& fault() const { return fault_; }

 private:
  // The oldest one is told, as by who reads forwards.
  void fail(std::uint64_t number, const std::string& file, std::string_view what) {
    fault_ = AuditFault{number, file, std::string(what)};
  }

  std::string last_;
  std::optional<AuditLine> later_;
  std::string later_file_;
  std::optional<AuditFault> fault_;
};

}  // namespace

Result<std::optional<AuditFault>> AuditLog::read_back(
    std::uint64_t before, const std::function<bool(const AuditLine&)>& take) const {
  HF_TRY(const std::vector<AuditFile> files, list_audit_files(home_));
  BackChain chain;
  bool is_sought = true;  // the line of that number
  for (std::size_t place = files.size(); place-- > 0;) {
    if (files[place].first >= before) continue;
    const std::string path = files[place].path();
    HF_TRY(auto file, home_.open(path));
    BackReader reader(std::move(file));
    if (std::exchange(is_sought, false)) {
      HF_TRY(const std::uint64_t end, reader.find(before));
      reader.end_at(end);
    }
    while (true) {
      HF_TRY(const auto text, reader.next());
      if (!text) break;
      const auto line = chain.take(*text, path);
      if (line && line->number < before && !take(*line)) return chain.fault();
    }
  }
  return chain.fault();
}

}  // namespace holdfast::api
