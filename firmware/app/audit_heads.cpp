// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/audit_heads.h"

#include <algorithm>

#include "firmware/api/audit_log.h"

namespace holdfast::app {

Result<ExitCode> run_audit_sign(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  HF_TRY(vault::Box * box, session.box());
  if (const auto pool = box->pool(); !pool) return pool.error();
  const api::AuditLog log(*home, session.ports().clock);
  HF_TRY(const auto head, log.head());
  const std::uint64_t number = head ? head->first : 0;
  std::size_t disks = 0;
  if (head) {
    HF_TRY(const Digest id, log.id());
    HF_TRY(disks,
           vault::note_audit_head(*box, {id, number, head->second, session.ports().clock.now()}));
  }
  if (session.wants_json()) {
    session.json().field("number", number);
    session.json().field("disks", std::uint64_t{disks});
  } else {
    session.say("cli.audit.signed",
                {{"line", std::to_string(number)}, {"disks", std::to_string(disks)}});
  }
  return ExitCode::done;
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
  check.disks_ = noted->size();
  for (const vault::DiskHeads& disk : *noted) {
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
  json.end();
}

}  // namespace holdfast::app
