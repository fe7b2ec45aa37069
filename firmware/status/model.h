// SPDX-License-Identifier: Apache-2.0
// How the box is, at one moment, as plain values: what every face shows, each in its own way.
// Whoever shows it needs no door to what is stored.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hal/base/error.h"
#include "hal/base/time.h"

namespace holdfast::status {

enum class Verdict { ok, attention, danger };

// What is not as it should be, or, with `ok`, good to know.
struct Reason {
  Verdict level = Verdict::attention;
  std::string code;  // "cli.reason.<code>" has the words, unless it is the name of the error's code
  std::string where = {};              // disk, business or path: raw bytes
  std::uint64_t count = 0;             // of whatever the code is about
  std::optional<Timestamp> time = {};  // when it happened
  std::optional<Error> error = {};     // what stands behind it
  std::int64_t limit_ns = 0;           // how long it may take, where it took longer
};

// What a business's newest snapshot has of one source with rows.
struct RecordSums {
  std::string source;  // raw bytes
  std::uint64_t calls = 0;
  std::uint64_t rows = 0;
  std::uint64_t recordings = 0;
  std::uint64_t bytes = 0;
  std::uint64_t speech_ms = 0;
  std::string verdict;  // "good", "warning", "failure"
};

// A verify or a drill.
struct Proof {
  Timestamp time;                 // when it ended
  std::uint64_t snapshot = 0;     // number of its entry
  std::uint64_t items = 0;        // that came back as they were stored
  std::uint64_t items_total = 0;  // that the snapshot has
  std::uint64_t bytes = 0;        // of `items`
  std::uint64_t differences = 0;
  bool good = false;  // it came to its end, and there were none
};

// How fresh what is stored of one source is.
struct SourceStatus {
  std::string name;     // raw bytes
  bool is_hot = false;  // backups come as things happen
  // Of a hot one, as the appliance says: "events", "scan", "starting", "away", "none"; empty: it
  // says nothing.
  std::string watch = {};
  std::optional<std::int64_t> interval_ns = {};    // of looks at its newest folders
  std::optional<std::int64_t> rpo_proved_ns = {};  // of all of it; none: no whole look is known
  std::optional<std::int64_t> newest_ns = {};      // of its newest folders
  std::optional<std::int64_t> hot_target_ns = {};  // how old what is safe of what is new may be

  // Of one that tells of its newest folders alone, these count. What was never read has no age.
  [[nodiscard]] bool misses_hot_target() const {
    const auto& age_ns = newest_ns ? newest_ns : rpo_proved_ns;
    return hot_target_ns && age_ns && *age_ns > *hot_target_ns;
  }
};

struct BusinessStatus {
  std::string name;
  std::string id;
  bool is_looked_at = true;  // false: something of it could not be, so that reasons may be missing
  std::optional<std::uint64_t> snapshots = {};  // none: its journal could not be read
  std::optional<Timestamp> last_backup = {};    // that looked at everything
  std::optional<Proof> last_verify = {};
  std::optional<Proof> last_drill = {};
  std::optional<Timestamp> last_sync = {};
  // How old what is safe may be, and how old it is; none: of a part nothing is known to be safe.
  std::optional<std::int64_t> rpo_target_ns = {};
  std::optional<std::int64_t> rpo_proved_ns = {};
  std::vector<SourceStatus> sources = {};
  std::vector<RecordSums> records = {};  // by source

  [[nodiscard]] bool misses_target(const std::optional<std::int64_t>& proved_ns) const {
    return rpo_target_ns && (!proved_ns || *proved_ns > *rpo_target_ns);
  }
};

// Whether backups will find no room some day, if what is kept grows as it did of late.
enum class Filling { unknown, no, yes };
struct Fill {
  Filling filling = Filling::unknown;
  std::uint64_t days = 0;  // until then, of `yes`; whole ones
};

struct PoolStatus {
  std::string id;
  bool is_looked_at = true;  // false: its packs could not be
  int k = 0;                 // geometry of new packs
  int m = 0;
  std::uint64_t disks = 0;
  std::uint64_t disks_present = 0;
  std::uint64_t bytes_usable = 0;
  std::uint64_t bytes_free = 0;  // of these, that backups may still write
  Fill fill = {};
  std::uint64_t packs = 0;
  std::uint64_t packs_looked_at = 0;  // of many a sample
  std::uint64_t may_lose = 0;         // disks that may still go before something is lost
};

struct Model {
  std::vector<Reason> reasons = {};  // in the order in which they were found
  std::vector<BusinessStatus> businesses = {};
  std::optional<PoolStatus> pool = {};  // none: it could not be opened
  // The newest one of all businesses; of drills the oldest of those that are to have some.
  std::optional<Timestamp> last_backup = {};
  std::optional<Timestamp> last_verify = {};
  std::optional<Timestamp> last_drill = {};
  std::optional<Timestamp> last_sync = {};

  // That of the worst reason.
  [[nodiscard]] Verdict verdict() const {
    Verdict worst = Verdict::ok;
    for (const Reason& reason : reasons) worst = std::max(worst, reason.level);
    return worst;
  }
};

}  // namespace holdfast::status
