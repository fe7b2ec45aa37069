// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/audit_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "firmware/status/json_reader.h"
#include "hal/base/path.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kNumberDigits = 16;
constexpr std::size_t kAttemptDigits = 2;  // or more
const std::string kFolder = "audit/";
constexpr std::string_view kSuffix = ".log";
constexpr std::string_view kCutMark = "\xE2\x80\xA6";

// Bytes: a reason or a path is there whole, an option's name before it.
constexpr std::size_t kWordMax = 1100;
constexpr std::string_view kFirstSpaces = "\xE2\x80";  // U+2000 to U+200A
constexpr std::size_t kNoText = 6;                     // bytes of put_text() without key and text
// Others than the space, of Unicode: all of its class Zs.
constexpr std::array<std::string_view, 5> kBlanks = {"\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xAF",
                                                     "\xE2\x81\x9F", "\xE3\x80\x80"};
constexpr std::size_t kNameMax = 256;  // bytes, of every text but the subject

// `text` has no control characters and is UTF-8: escape_path() saw to that.
void put_text(std::string& line, std::string_view key, std::string_view text) {
  line += ",\"";
  line += key;
  line += "\":\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') line += '\\';
    line += each;
  }
  line += '"';
}

bool is_inside_character(char each) {
  return (static_cast<unsigned char>(each) & 0xC0U) == 0x80U;
}

bool has_wide_blank(std::string_view word) {
  for (std::size_t at = word.find(kFirstSpaces); at != word.npos;
       at = word.find(kFirstSpaces, at + 1)) {
    const std::size_t last = at + kFirstSpaces.size();
    if (last < word.size() && static_cast<unsigned char>(word[last]) <= 0x8A) return true;
  }
  return std::ranges::any_of(kBlanks, [&](std::string_view blank) { return word.contains(blank); });
}

// As a shell has it. Who reads takes a blank of any kind for one that ends the word.
std::string quoted(const std::string& word) {
  const bool has_blank =
      word.find_first_of(" \t\n'\"") != std::string::npos || has_wide_blank(word);
  if (!word.empty() && !has_blank) return word;
  std::string text = "'";
  for (const char each : word) each == '\'' ? text += "'\\''" : text += each;
  return text + "'";
}

std::string name_text(std::string_view raw) {
  return escape_path(audit_cut(raw, kNameMax));
}

std::string line_of(const AuditLine& line, std::string_view subject) {
  std::string text = "{\"number\":" + std::to_string(line.number);
  put_text(text, "time", line.time.rfc3339());
  put_text(text, "actor", name_text(line.event.actor));
  put_text(text, "role", name_text(line.event.role));
  put_text(text, "peer", name_text(line.event.peer));
  put_text(text, "action", name_text(line.event.action));
  put_text(text, "subject", escape_path(subject));
  put_text(text, "outcome", name_text(line.event.outcome));
  put_text(text, "previous", line.previous.hex());
  return text + "}";
}

std::optional<std::uint64_t> parse_digits(std::string_view text, int base) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::string padded(std::string digits, std::size_t width) {
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace

// The raw bytes, before they are escaped: a cut inside an escape could not be read back. Nor inside
// a character, of which at most three bytes come after its first.
std::string audit_cut(std::string_view raw, std::size_t size_max) {
  if (raw.size() <= size_max) return std::string(raw);
  std::size_t kept = size_max > kCutMark.size() ? size_max - kCutMark.size() : 0;
  for (int i = 0; i < 3 && kept > 0 && is_inside_character(raw[kept]); ++i) --kept;
  return std::string(raw.substr(0, kept)) + std::string(kCutMark);
}

std::vector<std::string> split_audit_words(std::string_view subject) {
  std::vector<std::string> words;
  bool is_quoted = false;
  bool is_open = false;  // a word has begun
  for (std::size_t i = 0; i < subject.size(); ++i) {
    const char each = subject[i];
    if (each == ' ' && !is_quoted) {
      is_open = false;
      continue;
    }
    if (!is_open) words.emplace_back();
    is_open = true;
    // Only a quote itself stands behind a backslash outside of quotes, as quoted() writes it.
    const bool is_escape = each == '\\' && !is_quoted && subject.substr(i + 1).starts_with('\'');
    if (is_escape) {
      words.back() += subject[++i];
    } else if (each == '\'') {
      is_quoted = !is_quoted;
    } else {
      words.back() += each;
    }
  }
  return words;
}

std::string audit_word(std::string_view raw) {
  return quoted(audit_cut(raw, kWordMax));
}

std::string audit_word(std::string_view raw, std::size_t line_bytes_max) {
  for (std::size_t size_max = std::min(kWordMax, raw.size());; size_max -= size_max / 4 + 1) {
    std::string word = quoted(audit_cut(raw, size_max));
    std::string text;
    put_text(text, "", escape_path(word));
    if (text.size() <= line_bytes_max + kNoText || size_max == 0) return word;
  }
}

std::string write_audit_line(const AuditLine& line) {
  // A byte may become five of the line: so a quarter less each time, until it fits.
  std::size_t size_max = std::min(line.event.subject.size(), kAuditLineMax);
  while (true) {
    std::string text = line_of(line, audit_cut(line.event.subject, size_max));
    if (text.size() < kAuditLineMax || size_max == 0) return text;
    size_max -= size_max / 4 + 1;
  }
}

std::optional<AuditLine> parse_audit_line(std::string_view text) {
  const auto json = status::read_json(text, 2);
  if (!json) return std::nullopt;
  const auto* number = json->get<std::int64_t>("number");
  const auto text_of_key = [&](std::string_view key) {
    const auto* value = json->get<std::string>(key);
    return value == nullptr ? std::string() : *value;
  };
  const auto time = Timestamp::parse(text_of_key("time"));
  const auto previous = Digest::parse(text_of_key("previous"));
  if (number == nullptr || *number < 1 || !time || !previous) return std::nullopt;
  AuditLine line{static_cast<std::uint64_t>(*number), *time, {}, *previous};
  const std::pair<std::string_view, std::string*> texts[] = {
      {"actor", &line.event.actor},     {"role", &line.event.role},
      {"peer", &line.event.peer},       {"action", &line.event.action},
      {"subject", &line.event.subject}, {"outcome", &line.event.outcome}};
  for (const auto& [key, value] : texts) {
    const auto raw = unescape_path(text_of_key(key));
    if (!raw) return std::nullopt;
    *value = *raw;
  }
  if (line_of(line, line.event.subject) != text) return std::nullopt;
  return line;
}

std::string AuditFile::path() const {
  std::string name = padded(std::to_string(first), kNumberDigits);
  if (attempt > 0) {
    char digits[8] = {};
    const auto end = std::to_chars(digits, digits + sizeof digits, attempt, 16).ptr;
    name += "-" + padded(std::string(digits, end), kAttemptDigits);
  }
  return kFolder + name + std::string(kSuffix);
}

std::optional<AuditFile> AuditFile::parse(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const std::string whole(name);
  name.remove_suffix(kSuffix.size());
  AuditFile file;
  const auto first = parse_digits(name.substr(0, kNumberDigits), 10);
  if (!first) return std::nullopt;
  file.first = *first;
  name.remove_prefix(std::min(kNumberDigits, name.size()));
  if (!name.empty()) {
    const auto attempt = parse_digits(name.substr(1), 16);
    if (!attempt || *attempt > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    file.attempt = static_cast<std::uint32_t>(*attempt);
  }
  // As it would be written, and in no other way: a name that is not found again ends the log.
  if (file.path() != kFolder + whole) return std::nullopt;
  return file;
}

Result<std::vector<AuditFile>> list_audit_files(ports::Disk& home) {
  std::vector<AuditFile> files;
  const auto entries = home.list("audit");
  if (!entries && entries.error().code == ErrorCode::not_found) return files;
  if (!entries) return entries.error();
  for (const ports::DirectoryEntry& entry : *entries) {
    if (const auto file = AuditFile::parse(entry.name); file) files.push_back(*file);
  }
  std::ranges::sort(files);
  return files;
}

void write_document_line(status::JsonWriter& json, const AuditLine& line) {
  json.begin_object();
  json.field("number", line.number);
  json.field("time", line.time);
  json.path("actor", line.event.actor);
  json.path("role", line.event.role);
  json.path("peer", line.event.peer);
  json.path("action", line.event.action);
  json.path("subject", line.event.subject);
  json.path("outcome", line.event.outcome);
  json.end();
}

}  // namespace holdfast::api
