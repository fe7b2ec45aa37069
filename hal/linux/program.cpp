// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/program.h"

#include <linux/limits.h>
#include <unistd.h>

#include <array>

#include "hal/linux/errno.h"

namespace holdfast::linux {

Result<std::string> program_path() {
  constexpr const char* kSelf = "/proc/self/exe";
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink(kSelf, path.data(), path.size());
  if (size < 0) return last_error("open", kSelf);
  return std::string(path.data(), static_cast<std::size_t>(size));
}

std::string program_beside(std::string_view name) {
  const auto own = program_path();
  HF_CHECK(own.has_value());
  return own->substr(0, own->rfind('/') + 1) + std::string(name);
}

}  // namespace holdfast::linux
