// SPDX-License-Identifier: Apache-2.0
// Sorted names in files of the scratch disk, <folder>/<number>.tmp:
//
//   name 00 | name 00 | ...     rising, each name once
//
// Nothing here is made durable: a run is of no use after the process that wrote it. A file that a
// crash left behind is replaced when its number comes up again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hal/base/bytes.h"
#include "hal/ports/disk.h"

namespace holdfast::source {

struct Run {
  std::string path;
  std::uint64_t size = 0;  // bytes
};

class RunWriter {
 public:
  RunWriter(std::string path, std::unique_ptr<ports::WriteFile> file);
  [[nodiscard]] Result<void> add(std::string_view name);
  [[nodiscard]] Result<Run> finish();

 private:
  std::string path_;
  std::unique_ptr<ports::WriteFile> file_;
  Buffer buffer_;
};

// Gives out files by rising numbers. One thread at a time; `scratch` outlives it.
class RunStore {
 public:
  // The files lie in `folder` of the disk, one name, made when first needed.
  explicit RunStore(ports::Disk& scratch, std::string folder = "sort")
      : scratch_(scratch), folder_(std::move(folder)) {}
  [[nodiscard]] Result<RunWriter> create();
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open(const Run& run);
  [[nodiscard]] Result<void> remove(const Run& run);

 private:
  ports::Disk& scratch_;
  std::string folder_;
  std::uint64_t files_made_ = 0;
};

// The store outlives it.
class RunReader {
 public:
  RunReader(RunStore& store, Run run) : store_(&store), run_(std::move(run)) {}
  // Nothing at the end. The name is good until the next call.
  [[nodiscard]] Result<std::optional<std::string_view>> next();
  // Gives up the open file and the memory; next() goes on where it was.
  void park();
  [[nodiscard]] const Run& run() const { return run_; }

 private:
  [[nodiscard]] Result<void> fill();
  [[nodiscard]] std::optional<std::string_view> name_in_buffer() const;

  RunStore* store_;
  Run run_;
  std::unique_ptr<ports::ReadFile> file_;  // null while parked
  Buffer buffer_;
  std::uint64_t offset_ = 0;  // of the buffer in the file
  std::size_t used_ = 0;      // bytes of the buffer already handed out
};

}  // namespace holdfast::source
