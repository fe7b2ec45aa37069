// SPDX-License-Identifier: Apache-2.0
// How long recordings are as sound. To know it one has to be decoded, and a browser that seeks asks
// each time.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace holdfast::api {

// Any thread.
class SoundSizes {
 public:
  // `tag` names the recording's bytes and what they are taken for: what is known of them stays
  // true.
  [[nodiscard]] std::optional<std::uint64_t> find(const std::string& tag) const {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(tag);
    if (found == sizes_.end()) return std::nullopt;
    return found->second;
  }
  void keep(const std::string& tag, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    if (sizes_.size() >= kKeptMax) sizes_.clear();
    sizes_[tag] = size;
  }

 private:
  static constexpr std::size_t kKeptMax = 1000;

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> sizes_;
};

}  // namespace holdfast::api
