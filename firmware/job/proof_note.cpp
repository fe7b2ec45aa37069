// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/proof_note.h"

#include <string>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kFolder = "proofs";
constexpr std::uint64_t kSizeMax = 512;

std::string path_of(const BusinessId& business, ProofKind kind) {
  return std::string(kFolder) + "/" + business.hex() + "." + std::string(name_of(kind));
}

}  // namespace

std::string_view name_of(ProofKind kind) {
  return kind == ProofKind::verify ? "verify" : "drill";
}

// One line: "TIME NUMBER ITEMS TOTAL BYTES DIFFERENCES good|bad", and its check.
Result<void> note_proof(ports::Disk& home, const BusinessId& business, const ProofNote& proof) {
  HF_TRY(ports::make_directories(home, kFolder));
  std::string line = proof.time.rfc3339();
  for (const std::uint64_t number :
       {proof.snapshot, proof.items, proof.items_total, proof.bytes, proof.differences}) {
    line += " " + std::to_string(number);
  }
  line = vault::checked_line(line + (proof.good ? " good" : " bad"));
  return ports::store(home, path_of(business, proof.kind), view_of(line));
}

std::optional<ProofNote> load_proof(ports::Disk& home, const BusinessId& business, ProofKind kind) {
  const auto bytes = ports::load(home, path_of(business, kind), kSizeMax);
  if (!bytes) return std::nullopt;
  std::string_view line = text_of(*bytes);
  if (!line.ends_with('\n')) return std::nullopt;
  line.remove_suffix(1);
  const auto checked = vault::words_of_line(line);
  if (!checked || checked->size() == line.size()) return std::nullopt;  // it has a check always
  vault::NoteWords words(vault::split(*checked, ' '));
  ProofNote proof;
  proof.kind = kind;
  const auto time = words.value<Timestamp>();
  proof.snapshot = words.number();
  proof.items = words.number();
  proof.items_total = words.number();
  proof.bytes = words.number();
  proof.differences = words.number();
  proof.good = words.choice("good", "bad");
  if (!words.right() || !time) return std::nullopt;
  proof.time = *time;
  return proof;
}

}  // namespace holdfast::job
