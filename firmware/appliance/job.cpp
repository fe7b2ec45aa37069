// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job.h"

#include <algorithm>
#include <array>

#include "hal/base/check.h"

namespace holdfast::appliance {

namespace {

const std::vector<KindFacts>& all_kinds() {
  using enum JobScope;
  // A restore is an export: it writes where a person wants to have it, once. What was new is found
  // by a look.
  static const std::vector<KindFacts> kinds = {
      {JobKind::backup,
       "backup",
       {"backup", "--definition-in-force"},
       writes_business,
       false,
       true},
      {JobKind::hot, "hot", {"backup", "--definition-in-force"}, writes_business, false, false},
      {JobKind::prune, "prune", {"prune"}, writes_business, false, true},
      {JobKind::packs, "packs", {"prune", "--packs-only"}, writes_business, false, true},
      {JobKind::verify, "verify", {"verify"}, reads_business, true, true},
      {JobKind::drill, "drill", {"drill"}, reads_business, false, true},
      {JobKind::reconcile, "reconcile", {"record", "reconcile"}, reads_business, false, true},
      {JobKind::restore, "restore", {"restore"}, reads_business, false, false},
      {JobKind::tend, "tend", {"pool", "tend"}, works_on_pool, true, true},
      {JobKind::scrub, "scrub", {"pool", "scrub"}, works_on_pool, true, true},
      {JobKind::heal, "heal", {"pool", "heal"}, works_on_pool, true, true},
  };
  return kinds;
}

constexpr std::array<std::string_view, 6> kStates = {"queued", "running", "done",
                                                     "failed", "stopped", "cut"};

}  // namespace

const KindFacts& facts_of(JobKind kind) {
  const auto found = std::ranges::find(all_kinds(), kind, &KindFacts::kind);
  HF_CHECK(found != all_kinds().end());
  return *found;
}

const KindFacts* find_kind(std::string_view name) {
  const auto found = std::ranges::find(all_kinds(), name, &KindFacts::name);
  return found == all_kinds().end() ? nullptr : &*found;
}

bool is_same_work(const JobRequest& left, const JobRequest& right) {
  return left.kind == right.kind && left.business == right.business &&
         left.arguments == right.arguments;
}

std::vector<std::string> words_of(const JobRequest& request) {
  const KindFacts& facts = facts_of(request.kind);
  std::vector<std::string> words(facts.verb.begin(), facts.verb.end());
  words.insert(words.end(), request.arguments.begin(), request.arguments.end());
  // A name that begins with a dash must not be taken for an option.
  if (facts.scope != JobScope::works_on_pool) words.insert(words.end(), {"--", request.business});
  return words;
}

std::string_view name_of(JobState state) {
  return kStates.at(static_cast<std::size_t>(state));
}

std::optional<JobState> find_state(std::string_view name) {
  const auto found = std::ranges::find(kStates, name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<JobState>(found - kStates.begin());
}

}  // namespace holdfast::appliance
