// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/audit_heads.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "firmware/vault/note_words.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kPath = "audit-heads";
constexpr std::string_view kContext = "holdfast audit head v1";
constexpr std::size_t kKept = 1000;
constexpr std::uint64_t kSizeMax = 1024 * 1024;

template <std::size_t Size>
bool parse_hex(std::string_view text, std::array<std::uint8_t, Size>& out) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != Size) return false;
  std::ranges::copy(*bytes, out.begin());
  return true;
}

std::string words_of(const AuditHead& head) {
  return head.log.hex() + " " + std::to_string(head.number) + " " + head.time.rfc3339() + " " +
         head.digest.hex();
}

// Lines of the file, without their newlines; none if there is no file.
Result<std::vector<std::string>> load_lines(ports::Disk& disk) {
  const auto bytes = ports::load(disk, kPath, kSizeMax);
  std::vector<std::string> lines;
  if (!bytes && bytes.error().code == ErrorCode::not_found) return lines;
  if (!bytes) return bytes.error();
  for (const std::string_view line : split(text_of(*bytes), '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

// What somebody else wrote stays as it is: it is for `audit verify` to tell.
Result<void> append_line(ports::Disk& disk, const std::string& line) {
  HF_TRY(const auto lines, load_lines(disk));
  std::string text;
  for (std::size_t i = lines.size() - std::min(lines.size(), kKept - 1); i < lines.size(); ++i) {
    text += lines[i] + '\n';
  }
  return ports::store(disk, kPath, view_of(text + line));
}

// Disks have the same lines: each is proved once.
class Sorter {
 public:
  explicit Sorter(Box& box) : box_(box), own_{box.signer().public_key()} {}

  void sort(const std::string& line, DiskHeads& of) {
    const auto [found, is_new] = known_.try_emplace(line);
    Sorted& sorted = found->second;
    if (is_new) {
      sorted.head = parse_audit_head(line, own_);
      sorted.is_own = sorted.head.has_value();
      if (!sorted.is_own) sorted.head = parse_audit_head(line, box_.trusted());
    }
    if (!sorted.head) {
      ++of.unsigned_lines;
    } else {
      (sorted.is_own ? of.heads : of.former).push_back(*sorted.head);
    }
  }

 private:
  struct Sorted {
    std::optional<AuditHead> head = {};
    bool is_own = false;
  };
  Box& box_;
  std::array<keys::PublicKey, 1> own_;
  std::unordered_map<std::string, Sorted> known_;
};

}  // namespace

std::string audit_head_line(const AuditHead& head, const keys::Signer& signer) {
  const std::string words = words_of(head);
  const keys::Signature signature = signer.sign(kContext, view_of(words));
  return words + " " + to_hex(signer.public_key()) + " " + to_hex(signature) + "\n";
}

std::optional<AuditHead> parse_audit_head(std::string_view line, keys::TrustedSigners trusted) {
  const auto parts = split(line, ' ');
  if (parts.size() != 6) return std::nullopt;
  AuditHead head;
  const auto log = Digest::parse(parts[0]);
  const char* end = parts[1].data() + parts[1].size();
  const auto number = std::from_chars(parts[1].data(), end, head.number);
  const auto time = Timestamp::parse(parts[2]);
  const auto digest = Digest::parse(parts[3]);
  if (!log || number.ec != std::errc() || number.ptr != end || !time || !digest) {
    return std::nullopt;
  }
  head.log = *log;
  head.time = *time;
  head.digest = *digest;
  keys::PublicKey key{};
  keys::Signature signature{};
  if (!parse_hex(parts[4], key) || !parse_hex(parts[5], signature)) return std::nullopt;
  const std::string words = words_of(head);
  const bool is_ours = line.starts_with(words + " ") && keys::is_trusted(trusted, key) &&
                       keys::verify(key, kContext, view_of(words), signature);
  return is_ours ? std::optional(head) : std::nullopt;
}

Result<std::size_t> note_audit_head(Box& box, const AuditHead& head) {
  HF_TRY(const auto lock, box.lock("audit-heads"));
  HF_TRY(pool::Pool * pool, box.pool());
  HF_TRY(box.check_newest());
  const std::string line = audit_head_line(head, box.signer());
  std::size_t count = 0;
  std::optional<Error> failure;
  for (const pool::Pool::PresentMember& member : pool->present_members()) {
    auto done = append_line(*member.disk, line);
    if (done) {
      ++count;
      continue;
    }
    if (done.error().is_of_process()) return done.error();
    // A file that is none of ours is for noted_audit_heads() to tell, and no fault of the disk.
    if (done.error().code == ErrorCode::limit_exceeded) continue;
    if (done.error().code != ErrorCode::no_space) pool->report_error(member.id);
    if (!failure) failure = std::move(done.error());
  }
  if (count == 0 && failure) return std::move(*failure);
  return count;
}

Result<std::vector<DiskHeads>> noted_audit_heads(Box& box) {
  HF_TRY(const pool::Pool* pool, box.pool());
  Sorter sorter(box);
  std::vector<DiskHeads> all;
  for (const pool::Pool::PresentMember& member : pool->present_members()) {
    const auto lines = load_lines(*member.disk);
    if (!lines && lines.error().is_of_process()) return lines.error();
    if (lines && lines->empty()) continue;
    DiskHeads of{.path = member.disk->name() + "/" + std::string(kPath)};
    if (lines) {
      for (const std::string& line : *lines) sorter.sort(line, of);
    } else {
      of.unreadable = lines.error();
    }
    all.push_back(std::move(of));
  }
  return all;
}

}  // namespace holdfast::vault
