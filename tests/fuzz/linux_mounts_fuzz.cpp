// SPDX-License-Identifier: Apache-2.0
// The kernel's list of mounts, whose paths are whatever somebody has called a folder.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hal/base/bytes.h"
#include "hal/base/check.h"
#include "hal/linux/mounts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  std::string_view rest = text_of({data, size});
  std::vector<ports::MountLine> lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto mount = linux::parse_mount(line);
    if (!mount) continue;
    HF_CHECK(mount->path.starts_with('/'));
    ports::MountLine found;
    found.mount.path = mount->path;
    found.mount.file_system = mount->file_system;
    found.is_local = mount->file_system == "ext4";
    lines.push_back(std::move(found));
  }
  for (const ports::Mount& mount : ports::reachable_mounts(lines)) {
    HF_CHECK(mount.file_system == "ext4");
  }
  return 0;
}
