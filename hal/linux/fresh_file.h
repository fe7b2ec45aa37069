// SPDX-License-Identifier: Apache-2.0
// Reading a file from its medium, whatever the system remembers of it.
#pragma once

#include "hal/linux/descriptor.h"
#include "hal/ports/disk.h"

namespace holdfast::linux {

// The system is asked to forget the file, all of which is durable. True if what is read from now on
// comes from the medium: what somebody else maps, or just reads, the system keeps silently.
[[nodiscard]] bool forget_pages(const Descriptor& file, std::uint64_t size);

// Reads past what the system remembers. Any thread. `file`: opened with O_DIRECT.
class DirectFile final : public ports::ReadFile {
 public:
  DirectFile(Descriptor file, std::uint64_t size, std::string where)
      : file_(std::move(file)), size_(size), where_(std::move(where)) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override;

 private:
  [[nodiscard]] Result<std::size_t> read_piece(std::uint64_t offset, ByteSpan out) const;

  Descriptor file_;
  std::uint64_t size_;
  std::string where_;
};

}  // namespace holdfast::linux
