// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/audit_log.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "firmware/api/audit_line.h"

namespace holdfast::api {

namespace {

constexpr std::uint64_t kLinesMax = 65'536;  // of a file
constexpr std::int64_t kLockWait_ns = 5'000'000'000;
constexpr std::int64_t kLockStep_ns = 5'000'000;
constexpr std::size_t kReadStep = 256 * kKiB;

struct Tail {
  std::optional<std::string> line;  // the last one that was finished; none: there is none
  bool is_whole = true;             // no bytes behind it
};

Result<Tail> read_tail(ports::ReadFile& file) {
  const std::uint64_t length = std::min<std::uint64_t>(file.size(), 2 * kAuditLineMax);
  Bytes bytes(length);
  HF_TRY(file.read_all(file.size() - length, bytes));
  const std::string_view text = text_of(bytes);
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) return Tail{std::nullopt, text.empty()};
  const std::size_t before = end == 0 ? end : text.rfind('\n', end - 1);
  const std::size_t begin = before == std::string_view::npos || end == 0 ? 0 : before + 1;
  return Tail{std::string(text.substr(begin, end - begin)), end + 1 == text.size()};
}

Result<std::uint64_t> count_lines(ports::ReadFile& file) {
  Bytes bytes(kReadStep);
  std::uint64_t lines = 0;
  for (std::uint64_t offset = 0;;) {
    HF_TRY(const std::size_t count, file.read(offset, bytes));
    if (count == 0) return lines;
    offset += count;
    lines += static_cast<std::uint64_t>(std::ranges::count(ByteView(bytes).first(count), '\n'));
  }
}

// The lines of one file that were finished, one after the other.
class LineReader {
 public:
  explicit LineReader(std::unique_ptr<ports::ReadFile> file) : file_(std::move(file)) {}

  struct Line {
    std::string bytes;            // without the newline; the first kAuditLineMax of a longer one
    std::uint64_t size = 0;       // of all of it
    std::uint64_t file_line = 0;  // from 1
    bool is_finished = true;      // else there is no newline behind it
  };
  // Nothing at the end.
  [[nodiscard]] Result<std::optional<Line>> next() {
    std::optional<Line> line;
    while (true) {
      const std::size_t end = held_.find('\n');
      const std::size_t count = std::min(end, held_.size());
      if (count > 0 || end != std::string::npos) {
        if (!line) line = Line{{}, 0, ++lines_};
        line->bytes += held_.substr(0, std::min(count, kAuditLineMax - line->bytes.size()));
        line->size += count;
        held_.erase(0, end == std::string::npos ? end : end + 1);
      }
      if (end != std::string::npos) return line;
      HF_TRY(const bool more, fill());
      if (more) continue;
      if (line) line->is_finished = false;
      return line;
    }
  }

 private:
  [[nodiscard]] Result<bool> fill() {
    Bytes bytes(kReadStep);
    HF_TRY(const std::size_t count, file_->read(offset_, bytes));
    held_ += text_of(ByteView(bytes).first(count));
    offset_ += count;
    return count > 0;
  }

  std::unique_ptr<ports::ReadFile> file_;
  std::uint64_t offset_ = 0;
  std::uint64_t lines_ = 0;
  std::string held_;
};

// The whole chain, line by line, across files.
class ChainReader {
 public:
  ChainReader(ports::Disk& home, std::vector<AuditFile> files, std::size_t begin,
              AuditLog::SeeUnread see_unread = {})
      : home_(home), files_(std::move(files)), place_(begin), see_unread_(std::move(see_unread)) {}

  // Nothing at the end. A line that is none is passed over.
  [[nodiscard]] Result<std::optional<AuditLine>> next();

  [[nodiscard]] const std::optional<AuditFault>& fault() const { return fault_; }
  [[nodiscard]] std::uint64_t unfinished() const { return unfinished_; }
  [[nodiscard]] std::uint64_t expected() const { return expected_; }
  [[nodiscard]] const Digest& head() const { return head_; }
  // As if the lines before had been read: the first line is taken by what it says.
  void begin_anywhere() { is_anywhere_ = true; }

 private:
  [[nodiscard]] std::optional<AuditLine> take(const LineReader::Line& text);
  void pass_over(const LineReader::Line& text);
  void fail(std::string_view what) {
    if (!fault_) fault_ = AuditFault{expected_, files_[place_].path(), std::string(what)};
  }

  ports::Disk& home_;
  std::vector<AuditFile> files_;
  std::size_t place_;
  AuditLog::SeeUnread see_unread_;
  std::optional<LineReader> reader_;
  std::uint64_t expected_ = 1;
  Digest head_;       // of the line before the expected one
  std::string last_;  // that line
  bool is_anywhere_ = false;
  std::uint64_t unfinished_ = 0;
  std::optional<AuditFault> fault_;
};

Result<std::optional<AuditLine>> ChainReader::next() {
  while (place_ < files_.size()) {
    if (!reader_) {
      HF_TRY(auto file, home_.open(files_[place_].path()));
      reader_.emplace(std::move(file));
    }
    HF_TRY(const auto text, reader_->next());
    if (!text) {
      reader_.reset();
      ++place_;
      continue;
    }
    if (!text->is_finished) {
      ++unfinished_;
      pass_over(*text);
      continue;
    }
    // Written once more, since the first write had ended in an error.
    if (text->bytes == last_) continue;
    if (auto line = take(*text)) return line;
  }
  return std::optional<AuditLine>();
}

void ChainReader::pass_over(const LineReader::Line& text) {
  if (!see_unread_) return;
  see_unread_({files_[place_].path(), text.file_line, text.size, text.bytes, !text.is_finished});
}

std::optional<AuditLine> ChainReader::take(const LineReader::Line& text) {
  auto line = parse_audit_line(text.bytes);
  if (text.size > text.bytes.size()) line.reset();
  if (!line) {
    fail("form");
    is_anywhere_ = true;
    pass_over(text);
    return std::nullopt;
  }
  if (!is_anywhere_ && line->number != expected_) {
    fail("number");
  } else if (!is_anywhere_ && line->previous != head_) {
    fail("chain");
  }
  is_anywhere_ = false;
  expected_ = line->number + 1;
  head_ = sha256(view_of(text.bytes));
  last_ = text.bytes;
  return line;
}

}  // namespace

// Where the next line goes.
struct AuditLog::End {
  std::uint64_t number = 1;
  Digest previous;
  std::optional<AuditFile> open;  // none: a new file is due
  std::optional<AuditFile> last;  // the newest file there is
  bool is_last_empty = false;     // a first write into it failed, and left nothing
};

Result<std::unique_ptr<ports::Lock>> AuditLog::take_lock() {
  HF_TRY(ports::make_directories(home_, "locks"));
  const std::int64_t end_ns = clock_.monotonic_ns() + kLockWait_ns;
  while (true) {
    auto lock = home_.lock("locks/audit", ports::LockMode::exclusive, "audit");
    const bool is_busy = !lock && lock.error().code == ErrorCode::locked;
    if (!is_busy || clock_.monotonic_ns() >= end_ns) return lock;
    clock_.wait(kLockStep_ns);
  }
}

Result<AuditLog::End> AuditLog::find_end() const {
  HF_TRY(const std::vector<AuditFile> files, list_audit_files(home_));
  End end;
  if (files.empty()) return end;
  end.last = files.back();
  // Files without one finished line say nothing: back to one that has any.
  for (std::size_t place = files.size(); place-- > 0;) {
    HF_TRY(const auto file, home_.open(files[place].path()));
    if (place + 1 == files.size()) end.is_last_empty = file->size() == 0;
    HF_TRY(const Tail tail, read_tail(*file));
    if (!tail.line) continue;
    end.previous = sha256(view_of(*tail.line));
    if (const auto line = parse_audit_line(*tail.line); line) {
      end.number = line->number + 1;
    } else {
      // Damaged. The log goes on, with what is left of the line as its link: survey() tells.
      HF_TRY(const std::uint64_t lines, count_lines(*file));
      end.number = files[place].first + lines;
    }
    const bool has_room = end.number - files[place].first < kLinesMax && tail.is_whole;
    if (has_room && place + 1 == files.size()) end.open = files[place];
    return end;
  }
  return end;
}

Result<void> AuditLog::append(const AuditEvent& event) {
  HF_TRY(const auto lock, take_lock());
  HF_TRY(ports::make_directories(home_, "audit"));
  HF_TRY(End end, find_end());
  AuditLine line{end.number, clock_.now(), event, end.previous};
  std::string text = write_audit_line(line);
  // A line that nobody can read back would stand in the way of the chain.
  if (!parse_audit_line(text)) {
    line.event.subject.clear();
    text = write_audit_line(line);
  }
  text += '\n';
  const auto write = [&](std::unique_ptr<ports::WriteFile> file) -> Result<void> {
    HF_TRY(file->append(view_of(text)));
    return file->sync();
  };
  if (end.open) {
    auto file = home_.open_append(end.open->path());
    if (file && write(std::move(*file))) return {};
    // What of it is on the medium is not known: it goes into a file of its own.
  }
  AuditFile fresh{end.number, 0};
  const bool is_later = end.last && *end.last >= fresh;
  // A full disk takes names and no bytes: a file for each failure would fill the folder.
  const bool is_made = is_later && end.is_last_empty;
  if (is_later) fresh.attempt = end.last->attempt + (is_made ? 0 : 1);
  HF_TRY(auto file, is_made ? home_.open_append(fresh.path()) : home_.create(fresh.path()));
  auto written = write(std::move(file));
  if (written) written = home_.sync_directory("audit");
  const auto size = written ? Result<std::uint64_t>(0) : home_.size_of(fresh.path());
  if (size && *size > 0) doubt(fresh, fresh.first);
  return written;
}

// That there is no room for it changes nothing for whoever is refused.
void AuditLog::doubt(const AuditFile& file, std::uint64_t number) {
  const AuditFile mark{number, file.first == number ? file.attempt + 1 : 0};
  (void)home_.create(mark.path());
}

Result<bool> AuditLog::confirm(std::uint64_t number) {
  HF_TRY(const auto lock, take_lock());
  HF_TRY(const std::vector<AuditFile> files, list_audit_files(home_));
  const auto behind = std::ranges::upper_bound(files, number, {}, &AuditFile::first);
  if (behind == files.begin()) return false;
  const AuditFile holder = *std::prev(behind);
  {
    HF_TRY(const auto file, home_.open(holder.path()));
    HF_TRY(const Tail tail, read_tail(*file));
    const auto line = tail.line ? parse_audit_line(*tail.line) : std::nullopt;
    if (!line || line->number < number) return false;
  }
  HF_TRY(const auto file, home_.open_append(holder.path()));
  auto synced = file->sync();
  if (synced) synced = home_.sync_directory("audit");
  if (synced) return true;
  doubt(holder, number);
  return synced.error();
}

Result<std::optional<AuditFault>> AuditLog::read(std::uint64_t number_min,
                                                 const std::function<bool(const AuditLine&)>& take,
                                                 const SeeUnread& see_unread) const {
  HF_TRY(const std::vector<AuditFile> files, list_audit_files(home_));
  std::size_t begin = 0;
  while (begin + 1 < files.size() && files[begin + 1].first <= number_min) ++begin;
  // One without a byte may stand behind lines of that number and greater ones.
  for (; begin > 0; --begin) {
    HF_TRY(const std::uint64_t size, home_.size_of(files[begin].path()));
    if (size > 0) break;
  }
  ChainReader chain(home_, files, begin, see_unread);
  chain.begin_anywhere();
  while (true) {
    HF_TRY(const auto line, chain.next());
    if (!line) return chain.fault();
    if (!take(*line)) return chain.fault();
  }
}

Result<Digest> AuditLog::id() const {
  HF_TRY(const std::vector<AuditFile> files, list_audit_files(home_));
  for (const AuditFile& each : files) {
    HF_TRY(auto file, home_.open(each.path()));
    HF_TRY(const auto line, LineReader(std::move(file)).next());
    if (line && line->is_finished) return sha256(view_of(line->bytes));
  }
  return Digest();
}

Result<std::optional<std::pair<std::uint64_t, Digest>>> AuditLog::head() const {
  HF_TRY(const End end, find_end());
  if (end.number == 1) return std::optional<std::pair<std::uint64_t, Digest>>();
  return std::optional(std::pair(end.number - 1, end.previous));
}

Result<AuditSurvey> AuditLog::survey(const See& see) const {
  HF_TRY(const std::vector<AuditFile> files, list_audit_files(home_));
  ChainReader chain(home_, files, 0);
  AuditSurvey survey;
  while (true) {
    HF_TRY(const auto line, chain.next());
    if (!line) break;
    ++survey.lines;
    if (see) see(line->number, chain.head());
  }
  survey.unfinished = chain.unfinished();
  survey.fault = chain.fault();
  survey.head = chain.head();
  return survey;
}

}  // namespace holdfast::api
