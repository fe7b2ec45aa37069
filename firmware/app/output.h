// SPDX-License-Identifier: Apache-2.0
// What goes to standard output: one JSON document for programs, or lines and tables for people.
//
// Nothing is built whole in memory: bytes leave as the buffer fills. A write that fails (a closed
// pipe, a full disk) makes all later output vanish, and the first error is the program's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/messages/value_text.h"
#include "firmware/status/json_writer.h"
#include "hal/ports/console.h"

namespace holdfast::app {

// Standard output behind a buffer. One thread.
class Output {
 public:
  explicit Output(ports::Console& console);
  ~Output();

  [[nodiscard]] std::ostream& stream();
  // The same, past the stream's formatting: for content.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  // True once bytes have left the buffer for good.
  [[nodiscard]] bool has_left() const;
  // False once a write has failed.
  [[nodiscard]] bool can_write() const;
  // Takes back what has not left yet.
  void discard();
  // Sends the rest; the first error of all writes.
  [[nodiscard]] Result<void> finish();

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
  std::unique_ptr<std::ostream> stream_;
};

// Columns as wide as their cells, numbers of columns as wide as a terminal shows them.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns of a terminal that a UTF-8 text takes; Chinese characters take two.
[[nodiscard]] std::size_t display_width(std::string_view text);

using messages::duration_text;
using messages::size_text;
using messages::time_text;
using messages::utc_text;
using status::JsonWriter;
using status::kJsonSchema;

}  // namespace holdfast::app
