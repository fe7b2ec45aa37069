// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/scrub_report.h"

#include "firmware/app/lost_text.h"
#include "firmware/app/report.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kShownMax = 20;  // damages named to people; JSON has all that were kept

std::string_view name_of(pool::DamageKind kind) {
  switch (kind) {
    case pool::DamageKind::unreadable:
      return "unreadable";
    case pool::DamageKind::checksum:
      return "checksum";
    case pool::DamageKind::content:
      return "content";
  }
  return "content";
}

std::string_view name_of(journal::CopyFault fault) {
  switch (fault) {
    case journal::CopyFault::unreadable:
      return "unreadable";
    case journal::CopyFault::damaged:
      return "damaged";
    case journal::CopyFault::missing:
      return "missing";
  }
  return "damaged";
}

std::string_view name_of(vault::CopyKind kind) {
  switch (kind) {
    case vault::CopyKind::journal:
      return "journal";
    case vault::CopyKind::wrap:
      return "wrap";
    case vault::CopyKind::keyring:
      return "keyring";
    case vault::CopyKind::label:
      return "label";
  }
  return "journal";
}

// In the list of damages, with what they are in place of a pack.
void write_copy(JsonWriter& json, const job::BadCopy& bad) {
  json.begin_object();
  json.field("copy", std::string(name_of(bad.copy.kind)));
  if (bad.copy.disk) json.field("disk", bad.copy.disk->hex());
  json.path("path", bad.copy.path);
  json.field("kind", std::string(name_of(bad.copy.fault)));
  if (!bad.business.empty()) json.field("business", bad.business);
  if (!bad.entries.is_empty()) {
    json.field("first_entry", bad.entries.first);
    json.field("last_entry", bad.entries.last);
  }
  json.end();
}

// Of a shard: where it should be, below its disk; and where it is, if it shares a disk.
void write_missing(JsonWriter& json, const job::ScrubSummary& summary) {
  json.begin_array("missing");
  for (const job::MissingShard& missing : summary.kept_missing) {
    json.begin_object();
    json.field("pack", missing.pack.hex());
    json.field("shard", static_cast<int>(missing.shard));
    json.field("file", pool::shard_path(missing.pack, missing.generation, missing.shard));
    if (!missing.path.empty()) json.path("path", missing.path);
    json.end();
  }
  json.end();
}

void write_strays(JsonWriter& json, const job::ScrubSummary& summary) {
  json.field("strays_total", summary.strays);
  json.begin_array("strays");
  for (const pool::StrayFile& file : summary.kept_strays) {
    json.begin_object();
    json.field("disk", file.disk.hex());
    json.path("path", file.path);
    json.end();
  }
  json.end();
}

void write_lost_entries(JsonWriter& json, const job::CopiesReport& copies) {
  json.begin_array("lost_entries");
  for (const job::LostEntries& lost : copies.lost) {
    json.begin_object();
    json.field("business", lost.business);
    json.field("first", lost.entries.first);
    json.field("last", lost.entries.last);
    json.end();
  }
  json.end();
}

void write_damages(JsonWriter& json, const job::ScrubSummary& summary) {
  json.field("damages_total", summary.damages + summary.copies.count);
  json.begin_array("damages");
  for (const job::FoundDamage& damage : summary.kept_damages) {
    json.begin_object();
    json.field("pack", damage.pack.hex());
    json.field("shard", static_cast<int>(damage.shard));
    json.field("disk", damage.disk.hex());
    json.path("path", damage.path);
    json.field("kind", std::string(name_of(damage.damage.kind)));
    json.field("offset", damage.damage.offset);
    json.field("length", damage.damage.length);
    json.end();
  }
  for (const job::BadCopy& bad : summary.copies.kept) write_copy(json, bad);
  json.end();
  write_lost_entries(json, summary.copies);
}

}  // namespace

void write_scrub_report(Session& session, const job::ScrubSummary& summary, bool heals) {
  JsonWriter& json = session.json();
  json.field("complete", summary.complete);
  json.field("left_undue", summary.left_undue);
  json.field("packs", summary.packs);
  json.field("packs_before", summary.packs_before);
  json.field("shards_before", summary.shards_before);
  json.field("packs_proved", summary.packs_proved);
  json.field("bytes_read", summary.bytes_read);
  json.field("shards_missing", summary.shards_missing);
  json.field("shards_bad", summary.shards_bad);
  json.field("copies_bad", summary.copies.count);
  if (heals) {
    json.field("copies_unmended", summary.copies_unmended);
    json.field("shards_written", summary.shards_written);
    json.field("shards_unhealed", summary.shards_unhealed);
    json.field("packs_recoded", summary.packs_recoded);
  }
  json.field("packs_under_protected", summary.under_protected);
  write_seconds(json, summary.duration_ns);
  write_damages(json, summary);
  write_missing(json, summary);
  write_strays(json, summary);
  json.field("packs_lost", summary.lost_packs.size());
  json.begin_array("lost_packs");
  for (const Digest& pack : summary.lost_packs) json.path_element(pack.hex());
  json.end();
  write_lost(session, summary.lost);
  write_problems(session, "problems", summary.problems);
  if (summary.ended) write_error(json, session.language(), *summary.ended);
}

namespace {

void warn_of_damages(Session& session, const job::ScrubSummary& summary) {
  const std::size_t shown = std::min(summary.kept_damages.size(), kShownMax);
  for (std::size_t i = 0; i < shown; ++i) {
    const job::FoundDamage& damage = summary.kept_damages[i];
    session.warn(
        "cli.scrub.damage",
        {{"path", damage.path},
         {"what", session.text("cli.damage." + std::string(name_of(damage.damage.kind))), true},
         {"offset", std::to_string(damage.damage.offset)},
         {"length", std::to_string(damage.damage.length)}});
  }
  if (summary.damages > shown) {
    session.warn("cli.more_problems", {{"count", std::to_string(summary.damages - shown)}});
  }
}

// What may lie on disks that are away is told once, with them.
void warn_of_away(Session& session, const job::ScrubSummary& summary) {
  if (summary.packs_away == 0) return;
  std::string disks;
  for (const std::string& path : summary.disks_away) disks += (disks.empty() ? "" : ", ") + path;
  session.warn("cli.scrub.away", {{"disks", disks}, {"packs", std::to_string(summary.packs_away)}});
}

void warn_of_missing(Session& session, const job::ScrubSummary& summary) {
  warn_of_away(session, summary);
  std::size_t shown = 0;
  for (const job::MissingShard& missing : summary.kept_missing) {
    if (missing.may_be_away) continue;
    if (shown == kShownMax) break;
    ++shown;
    if (!missing.path.empty()) {
      session.warn("cli.scrub.crowded_shard", {{"path", missing.path}});
      continue;
    }
    session.warn("cli.scrub.missing_shard",
                 {{"file", pool::shard_path(missing.pack, missing.generation, missing.shard)}});
  }
  const std::uint64_t to_tell = summary.shards_missing - summary.shards_away;
  if (to_tell > shown) {
    session.warn("cli.more_problems", {{"count", std::to_string(to_tell - shown)}});
  }
}

void warn_of_strays(Session& session, const job::ScrubSummary& summary) {
  const std::size_t shown = std::min(summary.kept_strays.size(), kShownMax);
  for (std::size_t i = 0; i < shown; ++i) {
    session.warn("cli.scrub.stray", {{"path", summary.kept_strays[i].path}});
  }
  if (summary.strays > shown) {
    session.warn("cli.more_problems", {{"count", std::to_string(summary.strays - shown)}});
  }
}

void warn_of_copies(Session& session, const job::CopiesReport& copies) {
  const std::size_t shown = std::min(copies.kept.size(), kShownMax);
  for (std::size_t i = 0; i < shown; ++i) {
    const job::BadCopy& bad = copies.kept[i];
    messages::Arguments arguments = {
        {"path", bad.copy.path},
        {"what", session.text("cli.copy_damage." + std::string(name_of(bad.copy.fault))), true}};
    if (!bad.entries.is_empty()) {
      arguments.push_back({"business", bad.business});
      arguments.push_back({"first", std::to_string(bad.entries.first)});
      arguments.push_back({"last", std::to_string(bad.entries.last)});
    }
    session.warn(bad.entries.is_empty() ? "cli.scrub.copy_damage" : "cli.scrub.entry_damage",
                 arguments);
  }
  if (copies.count > shown) {
    session.warn("cli.more_problems", {{"count", std::to_string(copies.count - shown)}});
  }
  for (const job::LostEntries& lost : copies.lost) {
    session.warn("cli.scrub.lost_entries", {{"business", lost.business},
                                            {"first", std::to_string(lost.entries.first)},
                                            {"last", std::to_string(lost.entries.last)}});
  }
}

// Of copies: how many were bad, and what became of them.
void say_copies(Session& session, const job::ScrubSummary& summary, bool heals) {
  if (summary.copies.count == 0) return;
  session.say("cli.scrub.copies", {{"bad", std::to_string(summary.copies.count)}});
  if (!heals) return;
  const std::uint64_t left = std::min(summary.copies_unmended, summary.copies.count);
  session.say("cli.heal.copies", {{"written", std::to_string(summary.copies.count - left)},
                                  {"unhealed", std::to_string(summary.copies_unmended)}});
}

}  // namespace

bool found_all_whole(const job::ScrubSummary& summary) {
  return (summary.complete || summary.left_undue) && !summary.ended && !summary.found_differences();
}

void warn_of_lost(Session& session, const job::ScrubSummary& summary) {
  for (const Digest& pack : summary.lost_packs) {
    session.warn("cli.scrub.lost_pack", {{"pack", pack.hex()}});
  }
  if (!summary.lost_packs.empty() && summary.lost.count == 0 && !summary.ended) {
    session.note("cli.scrub.nothing_lost");
  }
  warn_of_lost_items(session, summary.lost);
}

void print_scrub_report(Session& session, const job::ScrubSummary& summary, bool heals) {
  warn_of_copies(session, summary.copies);
  warn_of_damages(session, summary);
  warn_of_missing(session, summary);
  warn_of_strays(session, summary);
  warn_of_lost(session, summary);
  warn_of_problems(session, "cli.problem", summary.problems);
  if (summary.packs_before > 0) {
    session.say("cli.scrub.went_on", {{"packs", std::to_string(summary.packs_before)},
                                      {"shards", std::to_string(summary.shards_before)}});
  }
  const bool whole = found_all_whole(summary);
  session.say(!whole               ? "cli.scrub.found"
              : summary.left_undue ? "cli.scrub.due"
                                   : "cli.scrub.whole",
              {{"packs", std::to_string(summary.packs)},
               {"size", size_text(summary.bytes_read)},
               {"time", duration_text(summary.duration_ns)},
               {"missing", std::to_string(summary.shards_missing)},
               {"bad", std::to_string(summary.shards_bad)},
               {"lost", std::to_string(summary.lost_packs.size())}});
  say_copies(session, summary, heals);
  if (heals && !whole) {
    session.say("cli.heal.done", {{"written", std::to_string(summary.shards_written)},
                                  {"unhealed", std::to_string(summary.shards_unhealed)}});
  }
  if (summary.packs_recoded > 0) {
    session.say("cli.heal.recoded", {{"packs", std::to_string(summary.packs_recoded)}});
  }
  if (heals && summary.shards_unhealed > 0) session.warn("cli.heal.unhealed");
  if (summary.under_protected > 0) {
    session.warn("cli.scrub.under_protected", {{"packs", std::to_string(summary.under_protected)}});
  }
}

ExitCode exit_code_of(const job::ScrubSummary& summary, bool heals) {
  if (summary.ended) return exit_code_of(*summary.ended);
  const bool differs = heals ? summary.is_not_mended() : summary.found_differences();
  return worst_of(
      {summary.lost.count + summary.copies.lost.size() > 0 ? ExitCode::lost : ExitCode::done,
       differs ? ExitCode::differences : ExitCode::done});
}

}  // namespace holdfast::app
