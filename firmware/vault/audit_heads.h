// SPDX-License-Identifier: Apache-2.0
// The head of the audit log, signed, on each disk of the pool (docs/formats.md, section 14): who
// writes the log in home anew must write these, too, and on disks that lie elsewhere cannot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/keys/signer.h"
#include "firmware/vault/box.h"
#include "hal/base/digest.h"
#include "hal/base/time.h"

namespace holdfast::vault {

struct AuditHead {
  Digest log;                // which one: the digest of its first line
  std::uint64_t number = 0;  // of the last line
  Digest digest;             // of that line
  Timestamp time;            // when it was signed
};

// With its newline.
[[nodiscard]] std::string audit_head_line(const AuditHead& head, const keys::Signer& signer);
// Without the newline. Nothing if it is not exactly as a trusted signer wrote it.
[[nodiscard]] std::optional<AuditHead> parse_audit_head(std::string_view line,
                                                        keys::TrustedSigners trusted);

// Behind those that each present disk has, of which the newest thousand stay. A file that cannot be
// read stays as it is: it is for `audit verify` to tell, and may be all that shows what was done.
// How many disks have it durably now. locked; what check_newest() and pool() say; an error of a
// disk if none has it.
[[nodiscard]] Result<std::size_t> note_audit_head(Box& box, const AuditHead& head);

struct DiskHeads {
  std::string path;                      // of the file
  std::optional<Error> unreadable = {};  // why it has nothing
  std::vector<AuditHead> heads = {};     // in the order in which they stand there
  std::vector<AuditHead> former = {};    // by signers of before the box was recovered
  std::uint64_t unsigned_lines = 0;      // damaged, or by somebody else
};
// Of each present disk that has any. What pool() says; errors of the process.
[[nodiscard]] Result<std::vector<DiskHeads>> noted_audit_heads(Box& box);

}  // namespace holdfast::vault
