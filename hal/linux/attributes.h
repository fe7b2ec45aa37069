// SPDX-License-Identifier: Apache-2.0
// Extended attributes (ACLs among them) of open files and of names.
#pragma once

#include <string>

#include "hal/linux/descriptor.h"
#include "hal/ports/files.h"

namespace holdfast::linux {

// What an attribute call is about: an open file, or a path whose last part is not followed.
class AttributeOwner {
 public:
  static AttributeOwner of_file(const Descriptor& file) { return {file.number(), {}}; }
  // There is no call that takes a folder and a name, so this goes through /proc.
  static AttributeOwner of_name(const Descriptor& folder, const std::string& name);

  [[nodiscard]] ssize_t list(char* out, std::size_t size) const;
  [[nodiscard]] ssize_t get(const char* attribute, void* out, std::size_t size) const;
  [[nodiscard]] int set(const char* attribute, ByteView value) const;

 private:
  AttributeOwner(int file, std::string path) : file_(file), path_(std::move(path)) {}
  int file_;
  std::string path_;  // used if not empty
};

// All attributes that the process may read, sorted by name; none where they are not supported.
[[nodiscard]] Result<ports::ExtendedAttributes> read_attributes(const AttributeOwner& owner,
                                                                const std::string& where);
// Tries every attribute; returns the first error, with {attribute}, when all have been tried.
[[nodiscard]] Result<void> write_attributes(const AttributeOwner& owner,
                                            const ports::ExtendedAttributes& attributes,
                                            const std::string& where);

}  // namespace holdfast::linux
