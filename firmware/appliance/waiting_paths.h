// SPDX-License-Identifier: Apache-2.0
// Items of one business that changed at their sources and are in no snapshot yet. No I/O; times are
// monotonic.
//
//   event --> open --closed, or open for 15 min-----> ready after 2 s --take()--> taken
//               ^                                       |  ^                       |   |
//               +---------------- written --------------+  +--- give_back() -------+   +-->
//               forgotten
//
// A path that is told of again while it is taken waits beside that. Nothing is forgotten but by
// forget_taken() and forget_until().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/policy/hot_paths.h"
#include "hal/base/path.h"
#include "hal/ports/watch.h"

namespace holdfast::appliance {

// One thread.
class WaitingPaths {
 public:
  static constexpr std::int64_t kSettle_ns = 2'000'000'000;  // what comes together goes together
  // What is closed again and again waits no longer, since it was whole first.
  static constexpr std::int64_t kSettleMax_ns = 15'000'000'000;
  static constexpr std::int64_t kOpenMax_ns = 900'000'000'000;  // of what nobody closes
  static constexpr std::int64_t kRetry_ns = 60'000'000'000;     // of what could not be read
  static constexpr std::int64_t kRetryMax_ns = 3'600'000'000'000;

  explicit WaitingPaths(const policy::HotLimits& limits = {}) : limits_(limits) {}

  // `path` is that of an item: source, `/`, and below it.
  void hear(ports::FileEventKind kind, const std::string& path, std::int64_t now_ns);
  // When there is something to take; nothing: not before more is told.
  [[nodiscard]] std::optional<std::int64_t> ready_ns() const;
  // What the next backup is to look at; empty if nothing is ready. Not while something is taken.
  [[nodiscard]] std::vector<std::string> take(std::int64_t now_ns);
  // The backup looked at it; these it could not read: they wait, longer each time. Of a source that
  // is among them nothing was read.
  void forget_taken(std::span<const std::string> unread, std::int64_t now_ns);
  // It looked at nothing. Not before that moment again, so that others come first.
  void give_back(std::int64_t ready_ns = 0);
  // All of the business was looked at from that moment on, but for these, as above.
  void forget_until(std::int64_t looked_ns, std::span<const std::string> unread,
                    std::int64_t now_ns);
  // Too many to keep: of those in one folder the folder is kept.
  void fold();
  void clear() { waiting_.clear(); }

  // The oldest change below that folder that is in no snapshot; nothing: there is none.
  [[nodiscard]] std::optional<std::int64_t> oldest_ns(const std::string& folder) const;
  [[nodiscard]] std::size_t size() const { return waiting_.size() + taken_.size(); }

 private:
  struct Waiting {
    std::optional<std::int64_t> since_ns;  // nothing: it was never whole
    std::int64_t ready_ns = 0;
    bool is_open = false;
    bool is_fresh = false;  // it was made here, and nobody looked at it
    unsigned tries = 0;
  };
  using Paths = std::map<std::string, Waiting, PathLess>;

  void make_ready(const std::string& path, std::int64_t now_ns);
  void remove(const std::string& path, std::int64_t now_ns);
  void wait_again(const std::string& path, const Waiting& before);
  void wait_unread(const Paths& known, std::span<const std::string> unread, std::int64_t now_ns);

  policy::HotLimits limits_;
  Paths waiting_;
  Paths taken_;
};

}  // namespace holdfast::appliance
