// SPDX-License-Identifier: Apache-2.0
// How many answers of one kind there may be at one time, of all and of one address: each holds a
// handler's thread while its peer takes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace holdfast::linux {

// Any thread. Must outlive its shares.
class PeerRooms {
 public:
  PeerRooms(std::uint32_t max, std::uint32_t per_peer_max)
      : max_(max), per_peer_max_(per_peer_max) {}

  // Room for one answer, until it goes.
  class Share {
   public:
    Share(PeerRooms& rooms, const std::string& peer) : rooms_(rooms), peer_(peer) {}
    ~Share() { rooms_.give_back(peer_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    PeerRooms& rooms_;
    std::string peer_;
  };

  // Nothing if there are as many as may be, of all or of that address.
  [[nodiscard]] std::unique_ptr<Share> take(const std::string& peer) {
    const std::lock_guard lock(mutex_);
    if (count_ >= max_) return nullptr;
    std::uint32_t& of_this = of_peer_[peer];
    if (of_this >= per_peer_max_) return nullptr;
    auto share = std::make_unique<Share>(*this, peer);
    ++of_this;
    ++count_;
    return share;
  }

 private:
  void give_back(const std::string& peer) {
    const std::lock_guard lock(mutex_);
    const auto found = of_peer_.find(peer);
    if (--found->second == 0) of_peer_.erase(found);
    --count_;
  }

  std::uint32_t max_;
  std::uint32_t per_peer_max_;
  std::mutex mutex_;
  std::uint32_t count_ = 0;
  std::map<std::string, std::uint32_t, std::less<>> of_peer_;
};

}  // namespace holdfast::linux
