// SPDX-License-Identifier: Apache-2.0
// One line of the audit log and one name of its files, as text and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/api/audit_log.h"
#include "firmware/status/json_writer.h"

namespace holdfast::api {

inline constexpr std::size_t kAuditLineMax = 8192;  // bytes, with the newline
// Of what was taken out to a medium: api_exports.cpp reads these lines.
inline constexpr std::string_view kExportAction = "export";

// Without the newline. Fits kAuditLineMax: the subject is cut, any other text to 256 bytes.
[[nodiscard]] std::string write_audit_line(const AuditLine& line);
// At most so many raw bytes: what is longer is cut inside no character, and ends with an ellipsis.
[[nodiscard]] std::string audit_cut(std::string_view raw, std::size_t size_max);
// A word of a subject, so that it cannot be taken for several or hide those behind it: cut to 200
// bytes, and in quotes as a shell has them if it is empty or has blanks or quotes.
[[nodiscard]] std::string audit_word(std::string_view raw);
// The words that a subject was made of; the last one may be a part, if the line was cut.
[[nodiscard]] std::vector<std::string> split_audit_words(std::string_view subject);
// The same, with so many bytes of the line at most: one of `raw` may become five.
[[nodiscard]] std::string audit_word(std::string_view raw, std::size_t line_bytes_max);
// Nothing if it is not exactly as it would be written.
[[nodiscard]] std::optional<AuditLine> parse_audit_line(std::string_view text);

// As an object of the documents that pages and the command line give.
void write_document_line(status::JsonWriter& json, const AuditLine& line);

struct AuditFile {
  std::uint64_t first = 0;  // number of its first line
  std::uint32_t attempt = 0;
  auto operator<=>(const AuditFile&) const = default;

  [[nodiscard]] std::string path() const;
  // Nothing for a name that is not one of ours.
  [[nodiscard]] static std::optional<AuditFile> parse(std::string_view name);
};

// In order of age.
[[nodiscard]] Result<std::vector<AuditFile>> list_audit_files(ports::Disk& home);

}  // namespace holdfast::api
