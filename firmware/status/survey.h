// SPDX-License-Identifier: Apache-2.0
// Looks at a box once and says how it is (model.h). Whatever is wrong is a reason there: it is
// asked when not all is well. Writes nothing but what opening a business for reading does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/status/model.h"
#include "firmware/status/pool_facts.h"
#include "firmware/vault/business.h"

namespace holdfast::status {

// What a business is to be measured by.
struct Targets {
  static constexpr std::int64_t kDay_ns = 24LL * 3600 * 1'000'000'000;
  static constexpr std::int64_t kBackupAgeMax_ns = kDay_ns + kDay_ns / 12;  // a day, and a late run
  static constexpr std::int64_t kProofAgeMax_ns = 35 * kDay_ns;  // a month, and some days

  std::optional<std::int64_t> rpo_ns = {};  // none: kBackupAgeMax_ns counts
  std::vector<std::string> sources = {};    // names: raw bytes
  bool is_hot = false;
  std::optional<std::int64_t> hot_ns = {};  // of what is new at hot sources; none: not judged
  // Of a verify or a drill. That there never was one is a reason only where one has been due: for
  // longer than that.
  struct ProofTarget {
    std::int64_t age_max_ns = kProofAgeMax_ns;
    std::optional<Timestamp> due_since = {};
    bool is_asked = false;  // its schedule asks for it
  };
  ProofTarget verify = {};
  ProofTarget drill = {};
  // What is wrong with the definition as it is now; the targets are those of the one in force.
  std::optional<Error> wrong = {};
};

// What surveys of one box that follow each other may keep, so that each costs little however much
// is stored: what was found in packs, and what reports of snapshots say.
struct Memory {
  struct Sums {
    Digest snapshot;
    std::vector<RecordSums> records = {};
  };
  PackMemory packs = {};
  std::map<BusinessId, Sums> sums = {};
};

struct SurveyRequest {
  // By its definition. An error is a reason, the usual targets count, and the business is taken for
  // not looked at.
  std::function<Result<Targets>(vault::Business& business)> targets_of;
  const job::StopFlag* stop = nullptr;
  Memory* memory = nullptr;  // none: nothing is kept
};

// interrupted only.
[[nodiscard]] Result<Model> survey(vault::Box& box, const SurveyRequest& request);

}  // namespace holdfast::status
