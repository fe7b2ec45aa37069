// SPDX-License-Identifier: Apache-2.0
// pool candidates: the disks that are plugged in and mounted, and no members. Before there is a
// pool, those of which it may be made.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/candidates.h"
#include "firmware/app/definition.h"
#include "firmware/app/export_folder.h"
#include "firmware/app/plugged_disks.h"
#include "firmware/app/verbs.h"
#include "firmware/job/lost_items.h"
#include "firmware/job/members.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

struct Offer {
  ports::Mount mount;
  job::Candidate candidate;
};

// Folders of all sources as their businesses name them: what they lead to is asked of nobody, for
// it may be another machine's. A business that cannot be opened says so elsewhere.
std::vector<std::string> source_folders(Session& session, vault::Box& box) {
  std::vector<std::string> folders;
  job::Problems problems;
  for (const auto& business : job::open_businesses(box, problems)) {
    const auto good = load_good_definition(session, *business);
    if (!good) continue;
    for (const source::SourceDefinition& source : good->definition.sources) {
      if (source.has_folder()) folders.push_back(source.path);
    }
  }
  return folders;
}

// nullptr: there is none yet. That a disk is to be replaced says that there is one.
Result<pool::Pool*> pool_if_any(vault::Box& box, const CandidateOptions& options) {
  auto pool = box.pool();
  const bool is_none = !pool && pool.error().code == ErrorCode::no_pool;
  return is_none && options.replaced.empty() ? Result<pool::Pool*>(nullptr) : std::move(pool);
}

// What can be told before the file system is touched.
Result<void> check_place(Session& session, const pool::Pool* pool, const Plugged& plugged,
                         const ports::Mount& mount, const std::vector<std::string>& members,
                         const std::vector<std::string>& sources) {
  for (const std::string& source : sources) {
    if (!paths_overlap(source, mount.path)) continue;
    return make_error(ErrorCode::disk_inside_source, mount.path, {{"source", source}});
  }
  std::vector<std::string> disks = members;
  std::erase(disks, mount.path);
  disks.push_back(mount.path);
  HF_TRY(check_disks_apart(session, disks));
  HF_TRY(check_none_for_exports(session, plugged, {mount.path}));
  if (pool != nullptr && !pool->label().record.same_device_allowed) {
    std::vector<std::string> here = places_at_work(*pool);
    here.push_back(mount.path);
    HF_TRY(check_no_disk_shared(plugged, here, here.size() - 1));
  }
  if (mount.is_read_only) return make_error(ErrorCode::read_only, mount.path);
  return {};
}

Result<std::vector<Offer>> make_offers(Session& session, vault::Box& box, const pool::Pool* pool,
                                       const Plugged& plugged, const CandidateOptions& options) {
  // A making that was cut leaves a list of disks that are none yet.
  std::vector<std::string> members;
  if (pool != nullptr) {
    HF_TRY(members, box.disk_paths());
  }
  HF_TRY(const std::vector<ports::Mount> mounts,
         spare_mounts(session, plugged, pool == nullptr ? members : places_at_work(*pool)));
  const std::vector<std::string> sources = source_folders(session, box);
  std::optional<std::string> leaving;
  if (pool != nullptr && !options.replaced.empty())
    leaving = place_of(session, *pool, options.replaced);
  std::vector<Offer> offers;
  std::vector<std::string> folders;
  for (const ports::Mount& mount : mounts) {
    Offer offer{mount, {}};
    offer.candidate.path = mount.path;
    const auto good = check_place(session, pool, plugged, mount, members, sources);
    if (!good && good.error().is_of_process()) return good.error();
    if (good) folders.push_back(mount.path);
    if (!good) offer.candidate.refused = good.error();
    offers.push_back(std::move(offer));
  }
  HF_TRY(auto judged, job::judge_candidates(box, leaving, folders, &session.stop()));
  for (job::Candidate& candidate : judged) {
    const auto offer = std::ranges::find(offers, candidate.path,
                                         [](const Offer& each) { return each.mount.path; });
    offer->candidate = std::move(candidate);
  }
  return offers;
}

void write_offers(Session& session, const pool::Pool* pool, const Plugged& plugged,
                  const std::vector<Offer>& offers) {
  JsonWriter& json = session.json();
  if (pool != nullptr) {
    json.field("pool", pool->label().record.pool.hex());
  } else {
    json.null("pool");
  }
  json.begin_array("candidates");
  for (const Offer& offer : offers) {
    json.begin_object();
    json.path("path", offer.mount.path);
    json.path("file_system", offer.mount.file_system);
    json.field("bytes_total", offer.candidate.space.total);
    json.field("bytes_free", offer.candidate.space.free);
    json.begin_array("disks");
    for (const std::string& name : offer.mount.disks) {
      json.begin_object();
      const ports::BlockDisk* disk = plugged.disk(name);
      write_hardware(json, disk != nullptr ? *disk : ports::BlockDisk{.name = name});
      json.end();
    }
    json.end();
    json.field("usable", !offer.candidate.refused.has_value());
    if (offer.candidate.refused) {
      write_error(json, session.language(), *offer.candidate.refused, "refused");
    } else {
      json.null("refused");
    }
    if (offer.candidate.pool) {
      json.field("belongs_to", offer.candidate.pool->hex());
    } else {
      json.null("belongs_to");
    }
    json.end();
  }
  json.end();
  json.begin_array("unmounted");
  for (const ports::BlockDisk& disk : unmounted_disks(plugged)) {
    json.begin_object();
    write_hardware(json, disk);
    json.end();
  }
  json.end();
}

std::string verdict_text(Session& session, const job::Candidate& candidate) {
  if (!candidate.refused) return session.text("cli.candidates.usable");
  Error refused = *candidate.refused;
  refused.where.clear();  // the line begins with it
  std::string what = messages::render_error(session.language(), refused);
  if (!candidate.pool) return what;
  return what + " (" + candidate.pool->hex().substr(0, 8) + ")";
}

void print_offers(Session& session, const Plugged& plugged, const std::vector<Offer>& offers) {
  Table table({{session.text("cli.column.path")},
               {session.text("cli.column.size"), Table::Align::right},
               {session.text("cli.column.hardware")},
               {session.text("cli.column.as_new_disk")}});
  for (const Offer& offer : offers) {
    std::string hardware;
    for (const std::string& name : offer.mount.disks) {
      const ports::BlockDisk* disk = plugged.disk(name);
      if (!hardware.empty()) hardware += ", ";
      hardware += disk != nullptr ? hardware_text(*disk) : escape_path(name);
    }
    table.add({escape_path(offer.mount.path), size_text(offer.candidate.space.total), hardware,
               verdict_text(session, offer.candidate)});
  }
  if (offers.empty()) {
    session.say("cli.candidates.none");
  } else {
    table.print(session.out());
  }
  for (const ports::BlockDisk& disk : unmounted_disks(plugged)) {
    session.say("cli.candidates.unmounted",
                {{"disk", hardware_text(disk)}, {"size", size_text(disk.size)}});
  }
}

// Of disks whose mounts were there before they were asked for it, and are after. What the pool has
// open is what it found there itself.
Result<std::vector<std::uint64_t>> devices_of(Session& session, const pool::Pool* pool,
                                              const Plugged& plugged,
                                              const std::vector<std::string>& folders) {
  std::vector<pool::Pool::PresentMember> members;
  if (pool != nullptr) members = pool->present_members();
  std::vector<std::uint64_t> devices;
  std::vector<const ports::Mount*> asked;
  for (const std::string& folder : folders) {
    const auto member =
        std::ranges::find(members, folder, [](const auto& each) { return each.disk->name(); });
    if (member != members.end()) {
      HF_TRY(devices.emplace_back(), member->disk->device());
      continue;
    }
    asked.push_back(plugged.mount_at(folder));
    if (asked.back() == nullptr) return make_error(ErrorCode::disk_not_offered, folder);
    HF_TRY(const auto disk, session.ports().open_disk(folder));
    HF_TRY(devices.emplace_back(), disk->device());
  }
  HF_TRY(const std::vector<ports::Mount> now, session.ports().mounts.mounts());
  for (const ports::Mount* mount : asked) {
    const bool is_there = std::ranges::find(now, *mount) != now.end();
    if (!is_there) return make_error(ErrorCode::disk_not_offered, mount->path);
  }
  return devices;
}

}  // namespace

Result<std::vector<std::uint64_t>> check_chosen(Session& session, vault::Box& box,
                                                const Plugged& plugged,
                                                const std::vector<std::string>& folders) {
  if (session.environment().actor.empty()) return std::vector<std::uint64_t>();
  HF_TRY(const pool::Pool* pool, pool_if_any(box, {}));
  const std::vector<std::string> members =
      pool == nullptr ? std::vector<std::string>() : places_at_work(*pool);
  HF_TRY(const std::vector<Offer> offers, make_offers(session, box, pool, plugged, {}));
  for (const std::string& folder : folders) {
    if (std::ranges::find(members, folder) != members.end()) continue;
    const auto offer =
        std::ranges::find(offers, folder, [](const Offer& each) { return each.mount.path; });
    if (offer == offers.end()) return make_error(ErrorCode::disk_not_offered, folder);
    if (offer->candidate.refused) return *offer->candidate.refused;
  }
  return devices_of(session, pool, plugged, folders);
}

Result<ExitCode> run_pool_candidates(Session& session, const CandidateOptions& options) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const pool::Pool* pool, pool_if_any(*box, options));
  HF_TRY(const Plugged plugged, look_at_plugged(session));
  HF_TRY(const std::vector<Offer> offers, make_offers(session, *box, pool, plugged, options));
  if (session.wants_json()) {
    write_offers(session, pool, plugged, offers);
  } else {
    print_offers(session, plugged, offers);
  }
  return ExitCode::done;
}

}  // namespace holdfast::app
