// SPDX-License-Identifier: Apache-2.0
// How the rows of one system are understood: which columns are the few that binding needs, and how
// they are written (docs/formats.md, section 11). A plain value; firmware/app reads it from TOML
// and writes it. A snapshot keeps the mapping it was made with, so that changing rules never
// changes history.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/number_rules.h"

namespace holdfast::records {

// Texts that are empty say: there is none of it. Formats and zones are as TimeFormat and TimeZone
// have them.
struct StartRule {
  std::string column = {};
  std::string format = {};
  std::string zone = {};  // empty: the mapping's

  bool operator==(const StartRule&) const = default;
};

enum class DurationUnit : std::uint8_t { seconds, milliseconds, microseconds, clock };  // h:mm:ss

struct DurationRule {
  std::string column = {};
  DurationUnit unit = DurationUnit::seconds;

  bool operator==(const DurationRule&) const = default;
};

// When a row must have a recording.
struct ExpectedRule {
  enum class Kind : std::uint8_t { always, above, equals, not_empty };

  Kind kind = Kind::always;
  std::string column = {};  // unless always
  std::int64_t above = 0;   // the field is a number, and larger; an empty one is not
  std::string equals = {};  // the field is this text

  bool operator==(const ExpectedRule&) const = default;
};

struct RecordingRule {
  std::string folder = {};  // what the path of every item begins with, without a slash at its end
  // One of these two, or none: below the folder.
  std::string column = {};         // has the path
  std::string strip = {};          // taken off its front
  std::string path_template = {};  // see PathTemplate
  // What the item's path says by itself.
  std::string name_pattern = {};  // see NamePattern
  std::string start_format = {};  // of its start
  ExpectedRule expected;
  std::uint32_t minimum_seconds = 0;  // shorter calls have none
  std::uint32_t late_days = 7;        // a recording that comes so long after its call is late

  bool operator==(const RecordingRule&) const = default;
};

struct Tolerance {
  std::uint32_t start_seconds = 5;
  std::uint32_t duration_seconds = 2;

  bool operator==(const Tolerance&) const = default;
};

// So many of a class, or so large a share of all that are classified with it.
struct Limit {
  std::uint32_t value = 0;  // above 0; a share is in millionths
  bool is_share = false;

  bool operator==(const Limit&) const = default;
};
[[nodiscard]] bool is_reached(const Limit& limit, std::uint64_t count, std::uint64_t all);

struct Threshold {
  std::optional<Limit> warning;
  std::optional<Limit> failure;

  bool operator==(const Threshold&) const = default;
};

// By the name of a class, of all but `matched`.
using Thresholds = std::map<std::string, Threshold, std::less<>>;
[[nodiscard]] std::span<const std::string_view> threshold_classes();

struct Mapping {
  std::string zone;              // of the site's clock
  std::vector<std::string> key;  // columns that together make a row unique
  std::string call_id;           // column
  StartRule start;
  DurationRule duration;
  std::vector<std::string> number_columns;
  NumberRules numbers;
  RecordingRule recording;
  Tolerance tolerance;
  Thresholds thresholds;

  bool operator==(const Mapping&) const = default;
};

// A column that a mapping names, and the key it stands at: "start.column".
struct NamedColumn {
  std::string_view key;
  std::string column;
};
// All of them, in the order of the file. The mapping's texts must be good.
[[nodiscard]] std::vector<NamedColumn> named_columns(const Mapping& mapping);
// Those that the columns do not have.
[[nodiscard]] std::vector<NamedColumn> missing_columns(const Mapping& mapping,
                                                       std::span<const std::string> columns);

// What has become of the columns of a source since it was last read. Rows are read by the names of
// their columns, so another order changes nothing in them.
struct ColumnDrift {
  struct Renamed {
    std::string before;
    std::string now;
    bool operator==(const Renamed&) const = default;
  };
  std::vector<std::string> added;
  std::vector<std::string> gone;
  std::vector<Renamed> renamed =
      {};                  // a new name where the old one stood, behind the same neighbour
  bool reordered = false;  // those that stayed stand in another order

  bool operator==(const ColumnDrift&) const = default;
};
[[nodiscard]] ColumnDrift drift_of(std::span<const std::string> before,
                                   std::span<const std::string> now);

}  // namespace holdfast::records
