// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/audit_heads.h"

#include <algorithm>

#include "firmware/api/audit_line.h"
#include "firmware/api/audit_log.h"

namespace holdfast::app {

namespace {

Result<bool> stands_in(const api::AuditLog& log, const vault::AuditHead& head) {
  bool is_there = false;
  HF_TRY(log.read_back(head.number + 1, [&](const api::AuditLine& line) {
    is_there =
        line.number == head.number && sha256(view_of(api::write_audit_line(line))) == head.digest;
    return false;
  }));
  return is_there;
}

void warn_of(Session& session, const NewestHeads& newest) {
  for (const std::string& file : newest.unreadable) {
    session.warn("cli.audit.heads.unreadable", {{"where", file}});
  }
  if (newest.unsigned_lines > 0) {
    session.warn("cli.audit.heads.unsigned", {{"count", std::to_string(newest.unsigned_lines)}});
  }
  if (newest.differs) {
    session.warn("cli.audit.heads.differs", {{"line", std::to_string(newest.differs->number)},
                                             {"time", newest.differs->time.rfc3339()}});
    session.warn("cli.audit.heads.not_signed");
  }
}

}  // namespace

Result<NewestHeads> look_at_newest_heads(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const auto disks, vault::noted_audit_heads(*box));
  const api::AuditLog log(*home, session.ports().clock);
  NewestHeads newest;
  std::optional<vault::AuditHead> last;  // that stands in the log
  for (const vault::DiskHeads& disk : disks) {
    if (disk.unreadable) newest.unreadable.push_back(disk.path);
    newest.unsigned_lines += disk.unsigned_lines;
    if (disk.heads.empty()) continue;
    const vault::AuditHead& head = disk.heads.back();
    if (last && last->number == head.number && last->digest == head.digest) continue;
    HF_TRY(const bool is_there, stands_in(log, head));
    (is_there ? last : newest.differs) = head;
  }
  return newest;
}

Result<void> add_audit_reasons(Session& session, status::Model& model) {
  HF_TRY(vault::Box * box, session.box());
  if (!box->pool()) return {};
  const auto newest = look_at_newest_heads(session);
  if (!newest && newest.error().is_of_process()) return newest.error();
  if (!newest) {
    model.reasons.push_back({.code = std::string(holdfast::name_of(newest.error().code)),
                             .where = newest.error().where,
                             .error = newest.error()});
    return {};
  }
  for (const std::string& file : newest->unreadable) {
    model.reasons.push_back({.code = "audit_heads_unreadable", .where = file});
  }
  if (newest->unsigned_lines > 0) {
    model.reasons.push_back({.code = "audit_heads_unsigned", .count = newest->unsigned_lines});
  }
  if (newest->differs) {
    model.reasons.push_back(
        {.code = "audit_differs", .count = newest->differs->number, .time = newest->differs->time});
  }
  return {};
}

// What differs from the log is not signed over: its newest head goes on to tell.
Result<ExitCode> run_audit_sign(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(vault::Box * box, session.box());
  if (const auto pool = box->pool(); !pool) return pool.error();
  const api::AuditLog log(*home, session.ports().clock);
  HF_TRY(const NewestHeads newest, look_at_newest_heads(session));
  HF_TRY(const auto head, log.head());
  const std::uint64_t number = head ? head->first : 0;
  std::size_t disks = 0;
  if (head && !newest.differs) {
    HF_TRY(const Digest id, log.id());
    HF_TRY(disks,
           vault::note_audit_head(*box, {id, number, head->second, session.ports().clock.now()}));
  }
  warn_of(session, newest);
  if (session.wants_json()) {
    session.json().field("number", number);
    session.json().field("disks", std::uint64_t{disks});
    session.json().field("good", newest.is_good());
  } else if (!newest.differs) {
    session.say("cli.audit.signed",
                {{"line", std::to_string(number)}, {"disks", std::to_string(disks)}});
  }
  return newest.is_good() ? ExitCode::done : ExitCode::differences;
}

Result<HeadCheck> HeadCheck::load(Session& session) {
  HeadCheck check;
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(const Digest log, api::AuditLog(*home, session.ports().clock).id());
  const auto noted = [&]() -> Result<std::vector<vault::DiskHeads>> {
    HF_TRY(vault::Box * box, session.box());
    return vault::noted_audit_heads(*box);
  }();
  if (!noted && noted.error().is_of_process()) return noted.error();
  if (!noted) {
    check.unread_ = noted.error();
    return check;
  }
  for (const vault::DiskHeads& disk : *noted) {
    if (disk.unreadable) {
      check.unreadable_.push_back(disk.path);
    } else {
      ++check.disks_;
    }
    check.unsigned_lines_ += disk.unsigned_lines;
    // Of this home, and so of its one log, whatever that says it is.
    for (const vault::AuditHead& head : disk.heads) check.expect(head);
    // Where a box was recovered, home is a new one and has a new log, or that of before.
    for (const vault::AuditHead& head : disk.former) {
      head.log == log ? check.expect(head) : static_cast<void>(++check.earlier_);
    }
  }
  return check;
}

void HeadCheck::expect(const vault::AuditHead& head) {
  const auto [begin, end] = open_.equal_range(head.number);
  const bool is_known =
      std::any_of(begin, end, [&](const auto& each) { return each.second.digest == head.digest; });
  if (!is_known) open_.emplace(head.number, Signed{head.digest, head.time});
}

void HeadCheck::see(std::uint64_t number, const Digest& digest) {
  const auto [begin, end] = open_.equal_range(number);
  for (auto each = begin; each != end; ++each) {
    if (each->second.digest != digest) continue;
    open_.erase(each);
    agrees_until_ = std::max(agrees_until_, number);
    return;
  }
}

void HeadCheck::print(Session& session) const {
  if (unread_) {
    return session.note("cli.audit.heads.unread",
                        {{"what", messages::render_error(session.language(), *unread_), true}});
  }
  for (const std::string& file : unreadable_) {
    session.warn("cli.audit.heads.unreadable", {{"where", file}});
  }
  if (unsigned_lines_ > 0) {
    session.warn("cli.audit.heads.unsigned", {{"count", std::to_string(unsigned_lines_)}});
  }
  if (earlier_ > 0) session.note("cli.audit.heads.earlier", {{"count", std::to_string(earlier_)}});
  if (differs()) {
    const auto& [number, head] = *open_.begin();
    return session.warn("cli.audit.heads.differs",
                        {{"line", std::to_string(number)}, {"time", head.time.rfc3339()}});
  }
  if (agrees_until_ == 0) return session.say("cli.audit.heads.none");
  session.say("cli.audit.heads.good",
              {{"line", std::to_string(agrees_until_)}, {"disks", std::to_string(disks_)}});
}

void HeadCheck::write(JsonWriter& json) const {
  if (unread_) return json.null("signed");
  json.begin_object("signed");
  json.field("disks", std::uint64_t{disks_});
  json.field("agrees_until", agrees_until_);
  if (differs()) {
    json.field("differs_by", open_.begin()->first);
  } else {
    json.null("differs_by");
  }
  json.field("unsigned", unsigned_lines_);
  json.field("earlier", earlier_);
  json.begin_array("unreadable");
  for (const std::string& file : unreadable_) json.path_element(file);
  json.end();
  json.end();
}

}  // namespace holdfast::app
