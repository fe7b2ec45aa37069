// SPDX-License-Identifier: Apache-2.0
// What a child of the command line writes, as it comes: progress, lines for people, its document.
// Kept within bounds, whatever the child does.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "firmware/appliance/job.h"
#include "hal/ports/bell.h"
#include "hal/ports/process.h"

namespace holdfast::appliance {

// Of a line that is one (docs/manual.md); nothing if it is none.
[[nodiscard]] std::optional<JobProgress> parse_progress(std::string_view line);
// The code of the error in a document of a failure; empty if there is none.
[[nodiscard]] std::string error_code_of(std::string_view document);
// What happened, in its words for people, escaped as in listings; likewise.
[[nodiscard]] std::string error_text_of(std::string_view document);
// The paths of a backup's document that it could not read and that are there; nothing if it does
// not tell all of them.
[[nodiscard]] std::optional<std::vector<std::string>> unread_paths_of(std::string_view document);
// What a backup that came to its end could not read; nothing: that is not known.
[[nodiscard]] std::optional<std::vector<std::string>> unread_by(const Job& job);
// A backup came to its end and has read each source, but for files. With a source that is away its
// new recordings are not saved; where so much is wrong that it is not all told, one may be.
[[nodiscard]] bool has_read_sources(const Job& job);

// The child's sink, and the ears of one other thread.
class ChildOutput final : public ports::ProcessSink {
 public:
  static constexpr std::size_t kDocumentSizeMax = 4 << 20;  // a larger one is dropped whole
  static constexpr std::size_t kLineSizeMax = 4096;         // what goes on behind that is cut off
  static constexpr std::size_t kLinesMax = 50;              // of those not taken yet, the last ones

  // The bell rings when there is something to take, and must outlive this.
  explicit ChildOutput(ports::Bell& bell) : bell_(bell) {}

  void output(ByteView bytes) override;
  void error_output(ByteView bytes) override;
  void ended(const ports::ProcessEnd& end) override;

  struct News {
    std::optional<JobProgress> progress;  // the newest
    std::vector<std::string> lines;       // escaped as in listings
    std::optional<ports::ProcessEnd> end;
    std::string document;  // once it has ended
  };
  // What came since it was asked before.
  [[nodiscard]] News take();

 private:
  void note_line();

  ports::Bell& bell_;
  std::mutex mutex_;  // what follows
  News news_;
  std::string document_;
  bool is_too_large_ = false;
  std::string line_;
};

}  // namespace holdfast::appliance
