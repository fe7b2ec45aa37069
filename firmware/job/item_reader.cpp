// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/item_reader.h"

#include <algorithm>

#include "firmware/codec/chunker.h"
#include "firmware/vault/node.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// A file in more pieces than this is read as if it had no holes: its list of runs would outgrow a
// tree node.
constexpr std::size_t kRunsMax = 4096;

bool same_version(const ports::FileStatus& a, const ports::FileStatus& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns &&
         a.inode == b.inode;
}

bool is_gone_error(const Error& error) {
  return error.code == ErrorCode::source_vanished || error.code == ErrorCode::not_found;
}

// What stays of an item that cannot be read now: the content it had, under its present name and
// look, marked; or its name alone. What the listing could not look at stays whatever it was.
ReadResult keep_former(const Step& step, Error error) {
  ReadResult result;
  result.outcome = ReadOutcome::unreadable;
  result.error = std::move(error);
  if (!step.before && !step.type_known) {
    result.outcome = ReadOutcome::unknown;
    return result;
  }
  if (step.before && (step.error || step.before->type == step.item.type)) {
    result.item = *step.before;
    result.item.gone_since = Timestamp{};
  } else {
    result.item = step.item;
    if (result.item.type == ports::FileType::regular && result.item.size > 0) {
      result.item.flags |= vault::kItemNoContent;
    }
  }
  result.item.flags |= vault::kItemUnreadable;
  return result;
}

// What the tree has no room for is named, instead of making a node that nobody could read back.
Error too_much(const vault::Item& item, std::string what, std::uint64_t limit) {
  return make_error(ErrorCode::limit_exceeded, item.path,
                    {{"what", std::move(what)}, {"limit", std::to_string(limit)}});
}

std::optional<Error> check_attributes(const vault::Item& item) {
  if (item.attributes.size() > vault::kAttributesMax) {
    return too_much(item, "extended attributes", vault::kAttributesMax);
  }
  std::uint64_t bytes = 0;
  for (const auto& [name, value] : item.attributes) bytes += name.size() + value.size();
  if (bytes > vault::kAttributesSizeMax) {
    return too_much(item, "extended attributes in bytes", vault::kAttributesSizeMax);
  }
  return std::nullopt;
}

// Each run is cut by itself.
std::optional<Error> check_chunks(const vault::Item& item, const std::vector<ports::DataRun>& runs,
                                  std::uint64_t chunk_size_max) {
  std::uint64_t chunks = 0;
  for (const ports::DataRun& run : runs) chunks += codec::chunk_count(run.length, chunk_size_max);
  if (chunks <= vault::kItemChunksMax) return std::nullopt;
  return too_much(item, "file size", vault::kItemChunksMax * chunk_size_max);
}

void clip(std::vector<ports::DataRun>& runs, std::uint64_t size) {
  while (!runs.empty() && runs.back().offset >= size) runs.pop_back();
  if (runs.empty()) return;
  runs.back().length = std::min(runs.back().length, size - runs.back().offset);
}

}  // namespace

Result<ReadResult> ItemReader::read(const Step& step) {
  HF_TRY(ReadResult result, read_now(step));
  if (!step.looks_unchanged || result.outcome != ReadOutcome::stored) return result;
  result.item.device = step.before->device;  // may be another one at each boot
  if (result.item == *step.before) result.outcome = ReadOutcome::same;
  return result;
}

Result<ReadResult> ItemReader::read_now(const Step& step) {
  if (step.item.path.size() > vault::kPathSizeMax) {
    return ReadResult{ReadOutcome::unknown, {}, make_error(ErrorCode::name_too_long)};
  }
  if (step.error) {
    if (!is_gone_error(*step.error)) return keep_former(step, *step.error);
    return ReadResult{ReadOutcome::vanished, {}, step.error};
  }
  if (step.item.type == ports::FileType::regular) return read_regular(step);
  ReadResult result;
  result.item = step.item;
  if (auto read = step.source->source->read_metadata(result.item); !read) {
    if (!is_gone_error(read.error())) return keep_former(step, std::move(read.error()));
    result.outcome = ReadOutcome::vanished;
  } else if (auto error = check_attributes(result.item)) {
    return keep_former(step, std::move(*error));
  }
  return result;
}

Result<ReadResult> ItemReader::read_regular(const Step& step) {
  ReadResult result;
  // A file that changes while it is read gets one more chance to hold still.
  for (int tries = 0; tries < 2; ++tries) {
    auto file = step.source->source->open(step.item);
    if (!file) {
      if (!is_gone_error(file.error())) return keep_former(step, std::move(file.error()));
      result.outcome = ReadOutcome::vanished;
      return result;
    }
    HF_TRY(Attempt attempt, this->attempt(step, **file));
    if (attempt.source_error && attempt.source_error->code == ErrorCode::interrupted) {
      result.outcome = ReadOutcome::stopped;
      return result;
    }
    if (attempt.source_error) {
      return keep_former(step, std::move(*attempt.source_error));
    }
    result.item = std::move(attempt.item);
    if (!attempt.changed) return result;
  }
  result.outcome = ReadOutcome::changing;
  result.item.flags |= vault::kItemChanging;
  return result;
}

Result<ItemReader::Attempt> ItemReader::attempt(const Step& step, ports::SourceFile& file) {
  Attempt attempt;
  const auto failed = [&](Error& error) {
    attempt.source_error = std::move(error);
    return std::move(attempt);
  };
  const ports::FileStatus& before = file.first_status();
  attempt.item.path = step.item.path;
  vault::take_status(attempt.item, before);
  auto attributes = file.extended_attributes();
  if (!attributes) return failed(attributes.error());
  attempt.item.attributes = std::move(attributes).value();
  if (auto error = check_attributes(attempt.item)) return failed(*error);
  HF_TRY(auto error, read_content(step.source->definition, file, attempt.item));
  if (error) return failed(*error);
  auto after = file.status();
  if (!after) return failed(after.error());
  attempt.changed = !same_version(before, *after);
  return attempt;
}

// The outer Result is the store's, the inner error the source's.
Result<std::optional<Error>> ItemReader::read_content(const source::SourceDefinition& definition,
                                                      ports::SourceFile& file, vault::Item& item) {
  const std::uint64_t size = item.size;
  std::vector<ports::DataRun> runs;
  std::uint64_t data_bytes = 0;
  for (std::uint64_t offset = 0; offset < size;) {
    auto run = file.next_data(offset);
    if (!run) return std::optional(std::move(run.error()));
    if (!*run || (*run)->offset >= size) break;
    (*run)->length = std::min((*run)->length, size - (*run)->offset);
    runs.push_back(**run);
    data_bytes += (*run)->length;
    offset = (*run)->offset + (*run)->length;
  }
  if (runs.size() > kRunsMax) {
    runs = {{0, size}};
    data_bytes = size;
  }
  if (auto error = check_chunks(item, runs, chunk_size_max_)) return error;
  whole_.reset();
  ends_.clear();
  if (data_bytes > chunk_size_max_ || runs.size() > 1) whole_.emplace();
  for (const ports::DataRun& run : runs) {
    HF_TRY(auto error, read_run(definition, file, run, item));
    if (error) return error;
    if (item.size != size) break;  // cut short: there is nothing behind
  }
  if (data_bytes != size) {
    clip(runs, item.size);
    item.data_runs = std::move(runs);
    // A file that is one hole has no content to keep; its shape says it all.
    if (item.data_runs.empty()) item.data_runs.push_back({item.size, 0});
  }
  if (item.chunks.size() == 1) item.digest = item.chunks.front().digest;
  if (item.chunks.size() > 1) item.digest = whole_->finish();
  return std::optional<Error>();
}

// All that there is, up to the size of `room`; in as many parts as the pace makes of it.
Result<std::size_t> ItemReader::read_chunk(ports::SourceFile& file, std::uint64_t offset,
                                           ByteSpan room) {
  std::size_t done = 0;
  while (done < room.size()) {
    const auto part = static_cast<std::size_t>(pace_.take(room.size() - done));
    if (part == 0) return make_error(ErrorCode::interrupted);
    HF_TRY(const std::size_t count, file.read(offset + done, room.subspan(done, part)));
    done += count;
    has_read_(count);
    if (count < part) break;
  }
  return done;
}

Result<std::optional<Error>> ItemReader::read_run(const source::SourceDefinition& definition,
                                                  ports::SourceFile& file,
                                                  const ports::DataRun& run, vault::Item& item) {
  const std::uint64_t cuts = codec::chunk_count(run.length, chunk_size_max_);
  for (std::uint64_t index = 0; index < cuts; ++index) {
    if (pace_.must_stop()) return std::optional(make_error(ErrorCode::interrupted, item.path));
    HF_TRY(pause_());
    const codec::ChunkCut cut = codec::chunk_cut(index, run.length, chunk_size_max_);
    const auto length = static_cast<std::size_t>(cut.length);
    HF_TRY(const ByteSpan room, writer_.prepare(definition.retention_class, length));
    auto count = read_chunk(file, run.offset + cut.offset, room);
    if (!count) return std::optional(std::move(count.error()));
    if (*count != length) {
      // Cut short under our hands: what is stored is what was there, and the second look at its
      // status marks it.
      item.size = run.offset + cut.offset + *count;
      if (*count == 0) return std::optional<Error>();
    }
    if (whole_) whole_->update(room.first(*count));
    ends_.take(room.first(*count));
    HF_TRY(const auto chunk, writer_.keep(*count, definition.compression));
    item.chunks.push_back(chunk);
    if (*count != length) return std::optional<Error>();
  }
  return std::optional<Error>();
}

}  // namespace holdfast::job
