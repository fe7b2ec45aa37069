// SPDX-License-Identifier: Apache-2.0
// A business's catalog in a folder of its own, and a small journal to feed it.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::catalog {

inline Digest digest_of(const std::string& text) {
  return sha256(view_of(text));
}

using Folder = test::TemporaryFolder;

inline const BusinessId kBusiness{{1, 2, 3}};

inline Catalog opened(const std::string& path, OpenMode mode = OpenMode::write) {
  Result<Catalog> catalog = Catalog::open(path, mode, kBusiness);
  if (!catalog) FAIL(debug_text(catalog.error()));
  return std::move(*catalog);
}

inline ErrorCode refusal(const std::string& path, OpenMode mode,
                         const BusinessId& business = kBusiness) {
  const Result<Catalog> catalog = Catalog::open(path, mode, business);
  REQUIRE_FALSE(catalog);
  CHECK(catalog.error().where == path);
  return catalog.error().code;
}

// A pack and its index: what a backup hands to note_open_pack().
struct TestPack {
  PackRow row;
  std::vector<pack::IndexRecord> index;
};

inline TestPack pack_of(const std::string& name, const std::vector<std::string>& chunks,
                        std::uint32_t retention_class = 0,
                        pack::PackKind kind = pack::PackKind::content) {
  TestPack made;
  made.row.pack = {digest_of(name), 1'000'000, 672, retention_class, kind};
  made.row.hint = {{3, 2}, 1};
  std::uint64_t position = pack::kHeaderSize;
  for (const std::string& chunk : chunks) {
    made.index.push_back({digest_of(chunk), position, 500, 700, codec::Compression::zstd});
    position += made.index.back().frame_size();
  }
  return made;
}

// A chain of entries with what their bodies say.
class TestJournal {
 public:
  struct Step {
    journal::Entry entry;
    std::optional<journal::SnapshotBody> snapshot;
    std::optional<journal::TagBody> tag;
    std::optional<journal::HoldBody> hold;
    std::optional<journal::PolicyBody> policy;
    std::optional<Prune> prune;
  };

  Step& add(journal::EntryKind kind, const std::vector<TestPack>& packs = {}) {
    Step step;
    step.entry.kind = kind;
    step.entry.business = kBusiness;
    step.entry.number = steps_.size() + 1;
    step.entry.time.ns = 1000 + static_cast<std::int64_t>(steps_.size());
    if (!steps_.empty()) step.entry.previous = steps_.back().entry.digest;
    step.entry.digest = digest_of("entry " + std::to_string(step.entry.number));
    for (const TestPack& pack : packs) step.entry.new_packs.push_back(pack.row.pack);
    return steps_.emplace_back(std::move(step));
  }

  void add_snapshot(const std::string& host, const std::vector<TestPack>& packs = {},
                    const std::vector<std::string>& tags = {}) {
    journal::SnapshotBody body;
    body.host = host;
    body.tags = tags;
    add(journal::EntryKind::snapshot, packs).snapshot = body;
  }

  void add_tag(std::uint64_t number, const std::string& tag, bool set) {
    const Digest about = steps_.at(number - 1).entry.digest;
    add(journal::EntryKind::tag).tag = journal::TagBody{number, about, tag, set};
  }

  void add_hold(const std::string& path, std::uint8_t id) {
    add(journal::EntryKind::hold).hold =
        journal::HoldBody{journal::HoldScope::item, path, "why", {{id}}};
  }
  // Of a hold on a key.
  void add_found(std::uint8_t id, std::vector<std::string> paths, bool is_all = true) {
    add(journal::EntryKind::hold).hold =
        journal::HoldBody{journal::HoldScope::key,
                          "contract=7",
                          "why",
                          {{id}},
                          journal::HeldByKey{is_all, std::move(paths)}};
  }
  void add_release(std::uint8_t id) {
    add(journal::EntryKind::release).hold =
        journal::HoldBody{journal::HoldScope::item, "any", "", {{id}}};
  }

  void add_prune(const std::vector<std::string>& packs) {
    Prune prune;
    prune.body.decided.ns = 5000;
    for (const std::string& pack : packs) prune.body.packs.push_back({digest_of(pack)});
    add(journal::EntryKind::prune).prune = prune;
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] Step& last() { return steps_.back(); }

 private:
  std::vector<Step> steps_;
};

inline void note(Catalog& catalog, const TestPack& pack) {
  REQUIRE(catalog.note_open_pack(pack.row, pack.index));
}

inline Result<void> apply(Catalog& catalog, const TestJournal::Step& step) {
  return catalog.apply(step.entry, step.snapshot, step.tag, step.hold, step.policy, step.prune);
}

inline void apply_all(Catalog& catalog, const TestJournal& journal) {
  for (const TestJournal::Step& step : journal.steps()) REQUIRE(apply(catalog, step));
}

inline std::vector<std::string> dump_of(Catalog& catalog) {
  std::vector<std::string> lines;
  REQUIRE(catalog.dump([&](const std::string& line) { lines.push_back(line); }));
  return lines;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace holdfast::catalog
