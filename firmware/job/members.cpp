// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/members.h"

#include <algorithm>

#include "firmware/job/lost_items.h"
#include "firmware/pool/election.h"
#include "firmware/pool/geometry.h"
#include "firmware/pool/new_disk.h"
#include "firmware/vault/lost_packs.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kIdDigitsMin = 8;

// All of them, held by their locks and brought level, so that nobody writes by an older record.
Result<Businesses> hold_businesses(vault::Box& box) {
  Businesses held;
  for (const vault::BusinessName& name : box.businesses()) {
    HF_TRY(auto business, box.open_business(name.name, vault::Access::write));
    HF_TRY(business->prepare_writing());
    held.push_back(std::move(business));
  }
  if (held.empty()) HF_TRY(box.level_copies());
  return held;
}

bool is_present(const pool::Pool& pool, const DiskId& disk) {
  const auto members = pool.present_members();
  return std::ranges::find(members, disk, &pool::Pool::PresentMember::id) != members.end();
}

// By the path where it is, or, of an absent one, was; or by its id.
Result<DiskId> find_member(const pool::Pool& pool, const std::string& word) {
  std::vector<DiskId> found;
  // A disk that is gone and leaving, before the one that took its place: the call is made again.
  for (const pool::Member& member : pool.label().record.members) {
    const bool is_leaving = member.state == pool::MemberState::leaving;
    if (is_leaving && member.place == word && !is_present(pool, member.disk)) return member.disk;
  }
  for (const pool::Pool::PresentMember& member : pool.present_members()) {
    if (member.disk->name() == word) return member.id;
  }
  for (const pool::Member& member : pool.label().record.members) {
    if (!pool::is_current(member.state)) continue;
    const bool by_id = word.size() >= kIdDigitsMin && member.disk.hex().starts_with(word);
    const bool by_place = member.place == word && !is_present(pool, member.disk);
    if (by_id || by_place) found.push_back(member.disk);
  }
  if (found.size() != 1) return make_error(ErrorCode::no_disk, word);
  return found.front();
}

bool is_leaving(const pool::LabelRecord& record, const DiskId& disk) {
  const pool::Member* member = record.find(disk);
  return member != nullptr && member->state == pool::MemberState::leaving;
}

bool some_leaving(const pool::LabelRecord& record) {
  return std::ranges::any_of(record.members, [](const pool::Member& member) {
    return member.state == pool::MemberState::leaving;
  });
}

std::size_t plain_members(const pool::LabelRecord& record) {
  return static_cast<std::size_t>(
      std::ranges::count(record.members, pool::MemberState::member, &pool::Member::state));
}

// What has no place on the members that stay.
struct ToMove {
  std::uint64_t shards = 0;
  std::uint64_t bytes = 0;
  std::size_t widest = 1;     // shards of a pack
  std::uint64_t unknown = 0;  // packs that cannot be read now, and may be when all disks are back
  std::size_t absent = 0;     // disks that may come back
};

// Members that are away, but for those that are leaving already.
std::size_t count_absent(const pool::Pool& pool) {
  return static_cast<std::size_t>(
      std::ranges::count_if(pool.label().record.members, [&](const pool::Member& member) {
        return member.state == pool::MemberState::member && !is_present(pool, member.disk);
      }));
}

// A disk has one shard of a pack.
bool may_come_back(const PoolPack& pack, std::size_t absent) {
  if (pack.index_missing) return absent > 0;
  return pack.spare < 0 && pack.spare + static_cast<int>(absent) >= 0;
}

Result<ToMove> sum_up(vault::Box& box, pool::Pool& pool, const MemberRequest& request,
                      std::optional<DiskId> leaves) {
  ToMove sum;
  sum.absent = count_absent(pool);
  Problems problems;
  const Businesses businesses = open_businesses(box, problems);
  if (problems.count > 0) return problems.kept.front().error;
  HF_TRY(const auto packs, list_pool_packs(pool, businesses, request.stop, leaves));
  HF_TRY(const PackSet given_up, noted_lost_packs(box.ports().home, businesses));
  for (const PoolPack& pack : packs) {
    const bool may_matter = may_come_back(pack, sum.absent) && !given_up.contains(pack.name);
    sum.unknown += may_matter ? 1 : 0;
    if (pack.spare < 0 || pack.index_missing) continue;
    pool::ShardHeader header;
    header.geometry = pack.hint.geometry;
    header.leaf_size = box.settings().pool.leaf_size;
    header.pack_size = pack.hint.pack_size;
    const auto shards = static_cast<std::uint64_t>(pack.missing);
    sum.shards += shards;
    sum.bytes += shards * header.file_size();
    sum.widest = std::max(sum.widest, static_cast<std::size_t>(header.geometry.total()));
  }
  return sum;
}

// Bytes that the disk has for shards.
Result<std::uint64_t> room_on_new(vault::Box& box, const std::string& path) {
  HF_TRY(const auto disk, box.ports().open_disk(path));
  HF_TRY(const ports::Space space, disk->space());
  const std::uint64_t reserve = pool::reserve_of(space.total, box.settings().pool.disk_reserve);
  return space.free - std::min(space.free, reserve);
}

// Whose label lies there; nothing if there is none that can be read.
std::optional<PoolId> label_in(ports::Disk& disk) {
  for (const std::string_view copy : pool::kLabelCopies) {
    const auto bytes = ports::load(disk, copy, pool::kLabelSizeMax);
    const auto pool = bytes ? pool::peek_pool(*bytes) : Result<PoolId>(bytes.error());
    if (pool) return *pool;
  }
  return std::nullopt;
}

// `pool`: nullptr, one is to be made. `needed`: bytes that are to be moved there.
Result<void> judge(vault::Box& box, pool::Pool* pool, std::uint64_t needed, Candidate& candidate) {
  HF_TRY(const auto disk, box.ports().open_disk(candidate.path));
  candidate.pool = label_in(*disk);
  HF_TRY(candidate.space, disk->space());
  if (pool == nullptr) {
    HF_TRY(const auto alone, box.check_create_pool({candidate.path}, {}));
    static_cast<void>(alone);
    candidate.pool.reset();  // a label that a making left that was cut is none of a pool
    return {};
  }
  HF_TRY(pool::check_no_member(*disk, pool->label().record, box.trusted()));
  HF_TRY(const std::uint64_t size, pool->check_new_disk(*disk, false, true));
  static_cast<void>(size);
  HF_TRY(const std::uint64_t room, room_on_new(box, candidate.path));
  if (room >= needed) return {};
  return make_error(ErrorCode::disk_too_small, candidate.path,
                    {{"room", std::to_string(room)}, {"needed", std::to_string(needed)}});
}

// What leaves must have a place: enough disks for the widest pack, and the room. A replacement must
// have the room alone; the others keep theirs for backups. In place of a disk that is gone one more
// is only better, be it the first of several: what has no place yet waits for the next.
Result<void> check_room(vault::Box& box, pool::Pool& pool, const MemberRequest& request,
                        const DiskId& leaves, const ToMove& sum) {
  std::size_t takers = request.joining ? 1 : 0;
  std::uint64_t room = 0;
  // What cannot be read today may be whole again when absent disks are back, and then it matters
  // what the one that leaves has of it.
  if (sum.unknown > 0 && !request.loss_accepted) {
    return make_error(
        ErrorCode::loss_not_accepted, leaves.hex(),
        {{"packs", std::to_string(sum.unknown)}, {"absent", std::to_string(sum.absent)}});
  }
  for (const pool::Pool::PresentMember& member : pool.present_members()) {
    if (member.id == leaves || is_leaving(pool.label().record, member.id)) continue;
    takers += member.has_failed ? 0 : 1;
    HF_TRY(const std::uint64_t bytes, pool.room_on(member.id));
    room += bytes;
  }
  const bool makes_up_for_gone = request.joining && !is_present(pool, leaves);
  if (takers < sum.widest && !makes_up_for_gone) {
    return make_error(ErrorCode::disk_needed, leaves.hex(),
                      {{"shards", std::to_string(sum.widest)}, {"left", std::to_string(takers)}});
  }
  if (!request.joining) {
    if (room < sum.bytes) return make_error(ErrorCode::pool_full, leaves.hex());
    return {};
  }
  HF_TRY(const std::uint64_t new_room, room_on_new(box, *request.joining));
  if (new_room >= sum.bytes) return {};
  return make_error(ErrorCode::disk_too_small, *request.joining,
                    {{"room", std::to_string(new_room)}, {"needed", std::to_string(sum.bytes)}});
}

pool::MemberChange change_of(const MemberPlan& plan) {
  pool::MemberChange change;
  change.leaves = plan.leaves;
  return change;
}

std::optional<vault::JoiningDisk> joining_of(const MemberRequest& request) {
  if (!request.joining) return std::nullopt;
  return vault::JoiningDisk{*request.joining, request.same_device_allowed, request.joining_device};
}

// The record that names who joins and leaves.
Result<void> begin_change(vault::Box& box, const MemberRequest& request, const MemberPlan& plan) {
  HF_TRY(Businesses held, hold_businesses(box));
  HF_TRY(box.change_members(change_of(plan), joining_of(request)));
  held.clear();
  box.reopen_pool();
  return {};
}

// The new disk gets what all members have. Whoever writes next does it as well.
Result<void> level_members(vault::Box& box) {
  HF_TRY(const Businesses held, hold_businesses(box));
  static_cast<void>(held);
  return {};
}

Result<void> move_shards(vault::Box& box, const MemberRequest& request, MemberSummary& summary) {
  ScrubRequest scrub;
  scrub.heal = true;
  scrub.only_missing = true;
  scrub.stop = request.stop;
  scrub.progress = request.progress;
  HF_TRY(summary.moved, run_scrub(box, scrub));
  if (summary.moved->ended) return *summary.moved->ended;
  HF_TRY(const auto left, settle_leaving(box, *summary.moved, request.stop));
  static_cast<void>(left);
  HF_TRY(const pool::Pool* pool, box.pool());
  summary.settled = !some_leaving(pool->label().record);
  return {};
}

// Members that stay and took all that was given them are enough for what is stored as copies.
Result<void> check_stayers(const pool::Pool& pool, const pool::LabelRecord& next) {
  std::size_t level = 0;
  for (const pool::Pool::PresentMember& member : pool.present_members()) {
    const pool::Member* stays = next.find(member.id);
    if (stays != nullptr && pool::is_current(stays->state) && !member.has_failed) ++level;
  }
  const std::size_t needed = pool::copies_needed(next);
  if (level >= needed) return {};
  return make_error(ErrorCode::too_few_disks, next.pool.hex(),
                    {{"present", std::to_string(level)}, {"needed", std::to_string(needed)}});
}

// A pack that nobody can have back holds up nothing; that it is one, only the presence of all
// members that stay can prove.
bool holds_up(const pool::Pool& pool, const PoolPack& pack, const ScrubSummary& moved) {
  const auto& lost = moved.lost_packs;
  const bool is_lost = pack.spare < 0 || std::ranges::find(lost, pack.name) != lost.end();
  if (is_lost) return !pool.plain_members_are_here();
  if (pack.index_missing) return !moved.complete || moved.shards_unhealed > 0;
  return pack.missing > 0;
}

}  // namespace

Result<MemberPlan> plan_members(vault::Box& box, const MemberRequest& request) {
  HF_TRY(box.check_safe());
  HF_TRY(pool::Pool * pool, box.pool());
  const pool::LabelRecord& record = pool->label().record;
  MemberPlan plan;
  if (request.leaving) {
    HF_TRY(plan.leaves, find_member(*pool, *request.leaving));
  }
  const bool leaves_already = plan.leaves && is_leaving(record, *plan.leaves);
  const auto present = pool->present_members();
  const bool has_joined =
      request.joining && std::ranges::any_of(present, [&](const auto& member) {
        return member.disk->name() == *request.joining && member.id != plan.leaves;
      });
  // A disk that joined by a change that was cut has the label alone.
  const bool is_cut_add = !plan.leaves && has_joined && !pool->labels_are_level();
  plan.goes_on = is_cut_add || (leaves_already && (!request.joining || has_joined));
  plan.bytes_usable_before = pool::usable_bytes(record);
  HF_TRY(const ToMove sum, sum_up(box, *pool, request, plan.leaves));
  if (plan.leaves && !plan.goes_on) {
    HF_TRY(check_room(box, *pool, request, *plan.leaves, sum));
  }
  pool::LabelRecord next = record;
  if (plan.goes_on) {
    HF_TRY(pool->writable());
  } else {
    pool::MemberChange change = change_of(plan);
    HF_TRY(next, box.plan_members(change, joining_of(request)));
  }
  plan.geometry = {next.k, next.m};
  plan.disks = plain_members(next);
  plan.bytes_usable = pool::usable_bytes(next);
  if (plan.leaves) {
    plan.shards_to_move = sum.shards;
    plan.bytes_to_move = sum.bytes;
  }
  return plan;
}

Result<std::vector<Candidate>> judge_candidates(vault::Box& box,
                                                const std::optional<std::string>& leaving,
                                                const std::vector<std::string>& folders,
                                                const StopFlag* stop) {
  const auto opened = box.pool();
  const bool is_none = !opened && opened.error().code == ErrorCode::no_pool;
  if (!opened && (leaving || !is_none)) return opened.error();
  pool::Pool* pool = is_none ? nullptr : *opened;
  std::uint64_t needed = 0;
  if (leaving) {
    HF_TRY(const DiskId disk, find_member(*pool, *leaving));
    MemberRequest request;
    request.stop = stop;
    HF_TRY(const ToMove sum, sum_up(box, *pool, request, disk));
    needed = sum.bytes;
  }
  std::vector<Candidate> candidates;
  for (const std::string& folder : folders) {
    Candidate candidate;
    candidate.path = folder;
    const auto judged = judge(box, pool, needed, candidate);
    if (!judged && judged.error().is_of_process()) return judged.error();
    if (!judged) candidate.refused = judged.error();
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

Result<MemberSummary> change_members(vault::Box& box, const MemberRequest& request,
                                     const MemberPlan& plan) {
  MemberSummary summary;
  if (!plan.goes_on) HF_TRY(begin_change(box, request, plan));
  auto done = level_members(box);
  if (done && plan.leaves && !request.moves_later) done = move_shards(box, request, summary);
  if (!done) summary.ended = std::move(done.error());
  return summary;
}

Result<std::vector<DiskId>> settle_leaving(vault::Box& box, const ScrubSummary& moved,
                                           const StopFlag* stop) {
  HF_TRY(pool::Pool * pool, box.pool());
  std::vector<DiskId> left;
  if (!some_leaving(pool->label().record)) return left;
  HF_TRY(Businesses held, hold_businesses(box));
  for (const auto& business : held) HF_TRY(business->epoch_keys().level_all());
  HF_TRY(const bool durable, pool->sync_shard_folders());
  HF_TRY(const auto packs, list_pool_packs(*pool, held, stop));
  const bool some_left = std::ranges::any_of(
      packs, [&](const PoolPack& pack) { return holds_up(*pool, pack, moved); });
  if (!durable || some_left) return left;
  pool::MemberChange change;
  for (const pool::Member& member : pool->label().record.members) {
    if (member.state != pool::MemberState::leaving) continue;
    (is_present(*pool, member.disk) ? change.retired : change.lost).push_back(member.disk);
    left.push_back(member.disk);
  }
  HF_TRY(const pool::LabelRecord next, pool->plan_change(change));
  HF_TRY(check_stayers(*pool, next));
  // Every member that stays is here: no other disk will bring these back.
  for (const PoolPack& pack : packs) {
    if (pack.spare >= 0 || !pack.is_named) continue;
    HF_TRY(vault::note_lost_pack(box.ports().home, held[pack.business]->id(), pack.name));
  }
  HF_TRY(box.change_members(change, std::nullopt));
  held.clear();
  box.reopen_pool();
  return left;
}

}  // namespace holdfast::job
