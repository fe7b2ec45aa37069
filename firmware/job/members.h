// SPDX-License-Identifier: Apache-2.0
// pool add, retire, replace: a change of the pool's members, and the moving of what that asks for.
//
//   checks -> record: joins, leaves -> shards are moved -> record: retired, or lost
//             [all businesses held]    [nobody is held]    [all businesses held]
//
// Nothing is moved by adding a disk: history is never rewritten. A disk that leaves stays a member
// until every pack that can be had back has all its shards on others, so the pool protects at no
// moment less than before. Stopped anywhere, the same call goes on: the record says who leaves, and
// the names of the shards say what is left to move. No shard is removed from a disk that leaves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/job/scrub.h"

namespace holdfast::job {

struct MemberRequest {
  std::optional<std::string> joining;  // resolved path of an empty directory
  std::optional<std::string> leaving;  // a disk's path, its id, or eight or more digits of the id
  bool same_device_allowed = false;
  std::optional<std::uint64_t> joining_device = {};  // as vault::JoiningDisk has it
  bool loss_accepted = false;                        // disks that are away are not waited for
  bool moves_later = false;  // the record alone: the next heal moves what leaves
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
};

// What is known before anything is written.
struct MemberPlan {
  bool goes_on = false;  // the record is there already, by a call that was stopped
  std::optional<DiskId> leaves;
  erasure::Geometry geometry{0, 0};  // of new packs, afterwards
  std::size_t disks = 0;             // plain members, afterwards
  std::uint64_t bytes_usable_before = 0;
  std::uint64_t bytes_usable = 0;
  std::uint64_t shards_to_move = 0;
  std::uint64_t bytes_to_move = 0;
};

// Errors: no_disk, disk_is_member; loss_not_accepted; disk_needed, disk_too_small, pool_full: what
// is to be moved has no place; those of vault::Box::check_safe() and plan_members(), and of
// businesses, which must all open. Writes nothing.
[[nodiscard]] Result<MemberPlan> plan_members(vault::Box& box, const MemberRequest& request);

// A folder that may become a member, and what speaks against it.
struct Candidate {
  std::string path;
  ports::Space space;               // zeros if it cannot be told
  std::optional<Error> refused;     // as plan_members()
  std::optional<PoolId> pool = {};  // whose label lies there, without proof
};

// Each of these folders as a disk that joins, in place of `leaving` (as MemberRequest has it) if
// there is one; before there is a pool, as a disk of the first (then `leaving` is no_pool). A disk
// that fails meanwhile is refused for that. Errors: no_disk, those of the
// process, and of businesses, which must all open if one leaves. Writes nothing.
[[nodiscard]] Result<std::vector<Candidate>> judge_candidates(
    vault::Box& box, const std::optional<std::string>& leaving,
    const std::vector<std::string>& folders, const StopFlag* stop);

struct MemberSummary {
  std::optional<ScrubSummary> moved;  // if a disk leaves, and not later
  bool settled = false;               // no disk is leaving any more
  std::optional<Error> ended;         // that ended it after the record was written
};

// After plan_members() of the same request. An error only if the record was not written, or may not
// have been: the next opening for writing completes it or it never was. locked: a business is being
// written.
[[nodiscard]] Result<MemberSummary> change_members(vault::Box& box, const MemberRequest& request,
                                                   const MemberPlan& plan);

// After a heal, `moved`: if some disks are leaving and nothing is left to move, makes them retired
// (present) or lost (absent). Returns those that have left now. What cannot be had back holds up
// nothing, if every member that stays is present. No business may be open.
[[nodiscard]] Result<std::vector<DiskId>> settle_leaving(vault::Box& box, const ScrubSummary& moved,
                                                         const StopFlag* stop);

}  // namespace holdfast::job
