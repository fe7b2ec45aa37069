// SPDX-License-Identifier: Apache-2.0
// The names of one folder in byte order, each once, in memory or in a run on the scratch disk
// (firmware/source/name_run.h). Who owns the memory budget decides when names spill:
//
//   add add add ... spill      add ... spill   add ... finish
//   [ names, sorted ] -> run   [ .. ] -> run   [ .. ] -> run   -> all runs merged into one
//
// Objects belong to one thread. A scratch file lives until discard(): destructors never write.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/source/name_run.h"

namespace holdfast::source {

// Names in one block of memory: a folder costs a few allocations, not one per name.
class NameBlock {
 public:
  void add(std::string_view name);
  // Rising order. A system may hand out a name twice when the folder changes meanwhile: once here.
  void sort();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t index) const;

 private:
  struct Entry {
    std::uint64_t front;  // the first eight bytes as a number: decides most comparisons
    std::size_t offset;
    std::size_t size;
  };
  [[nodiscard]] std::string_view name_of(const Entry& entry) const;

  std::string bytes_;
  std::vector<Entry> entries_;
};

class SortedNames {
 public:
  SortedNames(RunStore& store, NameBlock sorted) : store_(&store), block_(std::move(sorted)) {}
  SortedNames(RunStore& store, Run run)
      : store_(&store), run_(std::in_place, store, std::move(run)) {}

  // Nothing at the end. The name is good until the next call of any function.
  [[nodiscard]] Result<std::optional<std::string_view>> next();
  // Names that take up memory, those already handed out included.
  [[nodiscard]] std::size_t in_memory() const { return block_.size(); }
  // The rest goes to scratch.
  [[nodiscard]] Result<void> spill();
  // Gives up open files and read buffers until the next next().
  void park();
  // Removes the scratch file, if any. The last call.
  [[nodiscard]] Result<void> discard();

 private:
  RunStore* store_;
  NameBlock block_;
  std::size_t handed_out_ = 0;  // of the block
  std::optional<RunReader> run_;
};

class NameSorter {
 public:
  explicit NameSorter(RunStore& store) : store_(store) {}

  void add(std::string_view name) { block_.add(name); }
  [[nodiscard]] std::size_t in_memory() const { return block_.size(); }
  [[nodiscard]] Result<void> spill();
  [[nodiscard]] Result<SortedNames> finish();
  // Removes all scratch files: the folder cannot be listed after all.
  [[nodiscard]] Result<void> discard();

 private:
  [[nodiscard]] Result<void> merge_runs();

  RunStore& store_;
  NameBlock block_;
  std::vector<Run> runs_;
};

}  // namespace holdfast::source
