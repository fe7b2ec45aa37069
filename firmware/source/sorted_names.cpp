// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/sorted_names.h"

#include <algorithm>
#include <tuple>

namespace holdfast::source {

namespace {

// Bounds open files and read buffers of a merge (4 MiB).
constexpr std::size_t kRunsMax = 64;

// Names hold no zero byte, so a short name padded with zeros stands before all that it begins.
std::uint64_t front_of(std::string_view name) {
  std::uint64_t front = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    front = front << 8 | (i < name.size() ? static_cast<std::uint8_t>(name[i]) : 0U);
  }
  return front;
}

Result<Run> write_run(RunStore& store, const NameBlock& sorted, std::size_t first) {
  HF_TRY(RunWriter writer, store.create());
  for (std::size_t i = first; i < sorted.size(); ++i) HF_TRY(writer.add(sorted[i]));
  return writer.finish();
}

// Hands out the names of several runs as one, each name once.
class Merge {
 public:
  Merge(RunStore& store, const std::vector<Run>& runs) {
    for (const Run& run : runs) readers_.emplace_back(store, run);
  }

  Result<Run> write(RunWriter writer) {
    for (std::size_t i = 0; i < readers_.size(); ++i) HF_TRY(advance(i));
    std::string last;
    while (!heads_.empty()) {
      std::ranges::pop_heap(heads_, std::greater<>());
      const Head head = heads_.back();
      heads_.pop_back();
      if (head.name != last) {
        HF_TRY(writer.add(head.name));
        last = head.name;
      }
      HF_TRY(advance(head.reader));
    }
    return writer.finish();
  }

 private:
  struct Head {
    std::string_view name;
    std::size_t reader;
    auto operator<=>(const Head&) const = default;
  };

  Result<void> advance(std::size_t reader) {
    HF_TRY(const auto name, readers_[reader].next());
    if (!name) return {};
    heads_.push_back({*name, reader});
    std::ranges::push_heap(heads_, std::greater<>());
    return {};
  }

  std::vector<RunReader> readers_;
  std::vector<Head> heads_;  // a heap, the lowest name first
};

}  // namespace

void NameBlock::add(std::string_view name) {
  entries_.push_back({front_of(name), bytes_.size(), name.size()});
  bytes_ += name;
}

void NameBlock::sort() {
  std::ranges::sort(entries_, [&](const Entry& left, const Entry& right) {
    if (left.front != right.front) return left.front < right.front;
    return name_of(left) < name_of(right);
  });
  const auto same = [&](const Entry& left, const Entry& right) {
    return name_of(left) == name_of(right);
  };
  const auto repeated = std::ranges::unique(entries_, same);
  entries_.erase(repeated.begin(), repeated.end());
}

std::string_view NameBlock::operator[](std::size_t index) const {
  return name_of(entries_[index]);
}

std::string_view NameBlock::name_of(const Entry& entry) const {
  return std::string_view(bytes_).substr(entry.offset, entry.size);
}

Result<std::optional<std::string_view>> SortedNames::next() {
  if (run_) return run_->next();
  if (handed_out_ == block_.size()) return std::nullopt;
  return block_[handed_out_++];
}

Result<void> SortedNames::spill() {
  if (handed_out_ < block_.size()) {
    HF_TRY(Run run, write_run(*store_, block_, handed_out_));
    run_.emplace(*store_, std::move(run));
  }
  block_ = NameBlock();
  handed_out_ = 0;
  return {};
}

void SortedNames::park() {
  if (run_) run_->park();
}

Result<void> SortedNames::discard() {
  if (!run_) return {};
  run_->park();
  return store_->remove(run_->run());
}

Result<void> NameSorter::spill() {
  block_.sort();
  HF_TRY(Run run, write_run(store_, block_, 0));
  runs_.push_back(std::move(run));
  block_ = NameBlock();
  return runs_.size() < kRunsMax ? Result<void>() : merge_runs();
}

Result<SortedNames> NameSorter::finish() {
  if (runs_.empty()) {
    block_.sort();
    return SortedNames(store_, std::move(block_));
  }
  if (block_.size() > 0) HF_TRY(spill());
  if (runs_.size() > 1) HF_TRY(merge_runs());
  return SortedNames(store_, std::move(runs_.front()));
}

Result<void> NameSorter::discard() {
  for (const Run& run : runs_) HF_TRY(store_.remove(run));
  return {};
}

Result<void> NameSorter::merge_runs() {
  HF_TRY(RunWriter writer, store_.create());
  HF_TRY(Run merged, Merge(store_, runs_).write(std::move(writer)));
  HF_TRY(discard());
  runs_.clear();
  runs_.push_back(std::move(merged));
  return {};
}

}  // namespace holdfast::source
