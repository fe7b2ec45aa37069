// SPDX-License-Identifier: Apache-2.0
// Reads one item of a source into chunks: cut, hashed, claimed, sealed where it lies.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "firmware/job/content_ends.h"
#include "firmware/job/merge.h"
#include "firmware/job/source_pace.h"
#include "firmware/vault/run.h"

namespace holdfast::job {

enum class ReadOutcome {
  stored,      // the item is in `item`
  same,        // stored, and found to be what it was: `item` is the former one
  changing,    // stored, but it changed while it was read, twice; marked so
  unreadable,  // no content of this version; the former content is kept, if there was one
  unknown,     // unreadable, and not even its type was ever seen: there is no item
  vanished,    // it is not there any more
  stopped,     // by request, in the middle of it: to be left as it stood
};

struct ReadResult {
  ReadOutcome outcome = ReadOutcome::stored;
  vault::Item item;
  std::optional<Error> error;  // unreadable: why
};

// An Error is the store's, never the source's: the run cannot go on. One thread at a time.
class ItemReader {
 public:
  // Content is read as `pace` lets it. `pause` is called between chunks, with no chunk of the
  // writer being filled: it may flush it. `has_read` is told of bytes as they come.
  using Pause = std::function<Result<void>()>;
  using HasRead = std::function<void(std::uint64_t bytes)>;
  ItemReader(vault::ChunkWriter& writer, std::uint64_t chunk_size_max, SourcePace& pace,
             Pause pause, HasRead has_read)
      : writer_(writer),
        chunk_size_max_(chunk_size_max),
        pace_(pace),
        pause_(std::move(pause)),
        has_read_(std::move(has_read)) {}

  [[nodiscard]] Result<ReadResult> read(const Step& step);

  // Of the item that was stored last, if it is a regular file without holes.
  [[nodiscard]] const ContentEnds& ends() const { return ends_; }

 private:
  [[nodiscard]] Result<ReadResult> read_now(const Step& step);
  // What became of one attempt; an Error in it is the source's.
  struct Attempt {
    vault::Item item;
    bool changed = false;
    std::optional<Error> source_error;
  };
  [[nodiscard]] Result<ReadResult> read_regular(const Step& step);
  [[nodiscard]] Result<Attempt> attempt(const Step& step, ports::SourceFile& file);
  [[nodiscard]] Result<std::size_t> read_chunk(ports::SourceFile& file, std::uint64_t offset,
                                               ByteSpan room);
  [[nodiscard]] Result<std::optional<Error>> read_run(const source::SourceDefinition& definition,
                                                      ports::SourceFile& file,
                                                      const ports::DataRun& run, vault::Item& item);
  [[nodiscard]] Result<std::optional<Error>> read_content(
      const source::SourceDefinition& definition, ports::SourceFile& file, vault::Item& item);

  vault::ChunkWriter& writer_;
  std::uint64_t chunk_size_max_;
  SourcePace& pace_;
  Pause pause_;
  HasRead has_read_;
  std::optional<Sha256> whole_;  // digest of an item of several chunks
  ContentEnds ends_;
};

}  // namespace holdfast::job
