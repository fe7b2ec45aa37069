// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/output.h"

#include <algorithm>
#include <streambuf>

#include "hal/base/bytes.h"

namespace holdfast::app {

class Output::Buffer final : public std::streambuf {
 public:
  explicit Buffer(ports::Console& console) : console_(console) { text_.reserve(kSize); }

  void append(std::string_view bytes) {
    // Small pieces are gathered, large ones go straight through: no copy of content.
    if (text_.size() + bytes.size() > kSize) send();
    if (bytes.size() >= kSize) {
      put(bytes);
    } else {
      text_ += bytes;
    }
  }
  void send() {
    put(text_);
    text_.clear();
  }
  void discard() { text_.clear(); }
  [[nodiscard]] bool has_left() const { return has_left_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (c != traits_type::eof()) {
      const char byte = traits_type::to_char_type(c);
      append({&byte, 1});
    }
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    append({text, static_cast<std::size_t>(count)});
    return count;
  }

 private:
  static constexpr std::size_t kSize = 64 * kKiB;

  void put(std::string_view bytes) {
    if (error_ || bytes.empty()) return;
    has_left_ = true;
    if (auto written = console_.write(bytes); !written) error_ = std::move(written.error());
  }

  ports::Console& console_;
  std::string text_;
  bool has_left_ = false;
  std::optional<Error> error_;
};

Output::Output(ports::Console& console)
    : buffer_(std::make_unique<Buffer>(console)),
      stream_(std::make_unique<std::ostream>(buffer_.get())) {}

Output::~Output() = default;

std::ostream& Output::stream() {
  return *stream_;
}

Result<void> Output::write(std::string_view bytes) {
  buffer_->append(bytes);
  if (buffer_->error()) return *buffer_->error();
  return {};
}

bool Output::has_left() const {
  return buffer_->has_left();
}

bool Output::can_write() const {
  return !buffer_->error();
}

void Output::discard() {
  buffer_->discard();
}

Result<void> Output::finish() {
  buffer_->send();
  if (buffer_->error()) return *buffer_->error();
  return {};
}

namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80;
}

std::string padded(const std::string& cell, std::size_t width, Table::Align align) {
  const std::string spaces(width - std::min(width, display_width(cell)), ' ');
  return align == Table::Align::left ? cell + spaces : spaces + cell;
}

}  // namespace

// From U+1100 on: good enough for the scripts of our messages (CJK, Hangul, full-width forms).
std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char byte : text) {
    if (is_continuation(byte)) continue;
    width += static_cast<unsigned char>(byte) >= 0xE3 ? 2 : 1;
  }
  return width;
}

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  const auto print_row = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += "  ";
      line += padded(cell_of(i), widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) print_row([&](std::size_t i) { return row[i]; });
}

}  // namespace holdfast::app
