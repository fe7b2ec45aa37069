// SPDX-License-Identifier: Apache-2.0
// Programs that may ask for a backup of one business, and for nothing else: each by a word that was
// made for it. The file `hooks` in home has the digests of the words (docs/formats.md, section 14),
// and is read anew by each call, so that a change by the command line counts at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/digest.h"
#include "hal/base/time.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::api {

// The actor of such a request, in the audit log and as the one who asked for its job.
inline constexpr std::string_view kHookActor = "hook";

struct Hook {
  std::string business;
  Digest word;  // SHA-256 of it, as text
  Timestamp made;
};

// Any thread, any process; changes are made one after the other.
class Hooks {
 public:
  Hooks(ports::Disk& home, ports::Clock& clock, ports::Random& random)
      : home_(home), clock_(clock), random_(random) {}

  // damaged: the file cannot be read; no word is good then.
  [[nodiscard]] Result<std::vector<Hook>> list() const;
  // The word of that business, in hexadecimal digits: it is kept nowhere. One that there was is no
  // good any more. limit_exceeded.
  [[nodiscard]] Result<std::string> add(const std::string& business);
  // not_found.
  [[nodiscard]] Result<void> remove(const std::string& business);
  // Takes as long for a business that has none.
  [[nodiscard]] Result<bool> is_good(std::string_view business, std::string_view word) const;

 private:
  using Change = std::function<Result<void>(std::vector<Hook>&)>;
  [[nodiscard]] Result<void> change(const Change& change);

  ports::Disk& home_;
  ports::Clock& clock_;
  ports::Random& random_;
};

// A program may ask for the same business once in ten seconds. Any thread.
class HookPace {
 public:
  explicit HookPace(ports::Clock& clock) : clock_(clock) {}

  // Counts and returns 0; or the nanoseconds that are to be waited, and nothing is counted.
  [[nodiscard]] std::int64_t enter(const std::string& business);

 private:
  ports::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> asked_;  // when, monotonic
};

}  // namespace holdfast::api
