// SPDX-License-Identifier: Apache-2.0
// A reason of the status that calls for somebody, from when it was seen first until it is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/status/model.h"
#include "hal/base/time.h"

namespace holdfast::appliance {

// Who tells of it: what `holdfast status` says of the box, or what the appliance says of itself.
enum class AlertOrigin : std::uint8_t { box, appliance };

// It is the same one as long as origin, code and where are the same.
struct Calling {
  AlertOrigin origin = AlertOrigin::box;
  status::Verdict level = status::Verdict::attention;  // never ok
  std::string code;
  std::string where = {};    // what it concerns; escaped, as documents have it
  std::string english = {};  // what it says
  std::string chinese = {};

  [[nodiscard]] bool is_same_as(const Calling& other) const {
    return origin == other.origin && code == other.code && where == other.where;
  }
};

// What a look at the box could not see: that a reason of it is not told does not say that it is
// gone.
struct Unseen {
  bool is_pool_unseen = false;               // then nothing of the box is over
  std::vector<std::string> businesses = {};  // escaped, as documents have them

  // Whether an alert of the box that is not told may be over.
  [[nodiscard]] bool may_be_over(const Calling& calling) const;
};

// Who looks after it. It makes no verdict better.
struct Acknowledgement {
  std::string by;
  Timestamp time;
  std::string note;
};

// Times are those of the box's clock, as it was then.
struct Alert {
  std::uint64_t id = 0;  // never given twice
  Calling calling;
  Timestamp since;                      // when it was seen first
  Timestamp seen;                       // and last, to some minutes
  std::optional<Timestamp> ended = {};  // first seen to be gone; none: it stands
  std::uint64_t returns = 0;            // how often it was gone and came again soon
  std::optional<Acknowledgement> acknowledged = {};
};

// Those in a document of `holdfast status`; nothing if it is none.
[[nodiscard]] std::optional<std::vector<Calling>> callings_in(std::string_view document);
// What the same document says that it could not look at.
[[nodiscard]] Unseen unseen_in(std::string_view document);
// Of the appliance itself; those that are `ok` are left out.
[[nodiscard]] std::vector<Calling> callings_of(const std::vector<status::Reason>& reasons);

}  // namespace holdfast::appliance
