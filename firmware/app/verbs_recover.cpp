// SPDX-License-Identifier: Apache-2.0
// key recover: a home on a new machine, from the disks and a passphrase or shares.
#include <algorithm>
#include <memory>

#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/report.h"
#include "firmware/app/share_plan.h"
#include "firmware/app/verbs.h"
#include "firmware/job/recover.h"
#include "firmware/pool/election.h"
#include "firmware/vault/recovery.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

struct Shares {
  std::uint16_t set = 0;
  SecretKey secret;
  bool is_named = false;  // by a slot that they do not open
};

// How the keyring is opened, and by which shares, if by any.
struct Opening {
  vault::Unlock unlock;
  std::shared_ptr<Shares> shares;
};

Result<Shares> read_shares(Session& session, const std::vector<std::string>& files) {
  HF_TRY(const std::vector<keys::Share> shares, read_share_files(session, files));
  HF_TRY(SecretKey secret, secret_of(shares));
  return Shares{shares.front().set, std::move(secret), false};
}

// What opens no slot is told as what a person gave.
Error as_given(Error error, ErrorCode given, std::uint16_t set) {
  if (error.code != ErrorCode::wrong_key && error.code != ErrorCode::no_key) return error;
  return make_error(given, {}, {{"set", std::to_string(set)}});
}

bool has_slot_of(ByteView keyring, std::uint16_t set) {
  const auto slots = keys::Keyring::slots_of(keyring);
  return slots && std::ranges::any_of(*slots, [&](const keys::SlotInfo& slot) {
           return slot.type == keys::SlotType::recovery && slot.share_set == set;
         });
}

// The shares prove one another: where a slot of their set does not open, it is the slot that is not
// what was written, on every disk.
Error as_found(Error error, const Opening& opening) {
  const bool is_rot =
      error.code == ErrorCode::wrong_shares && opening.shares && opening.shares->is_named;
  return is_rot ? make_error(ErrorCode::no_keyring) : std::move(error);
}

Result<Opening> opening_by(Session& session, const std::vector<std::string>& files) {
  if (!files.empty()) {
    HF_TRY(Shares read, read_shares(session, files));
    const auto shares = std::make_shared<Shares>(std::move(read));
    const auto unlock = [shares](ByteView file) -> Result<keys::Keyring> {
      auto keyring = keys::Keyring::open_with_share_secret(file, shares->secret);
      if (keyring) return keyring;
      shares->is_named = shares->is_named || has_slot_of(file, shares->set);
      return as_given(std::move(keyring.error()), ErrorCode::wrong_shares, shares->set);
    };
    return Opening{unlock, shares};
  }
  HF_TRY(auto typed, session.passphrase(false));
  if (!typed) return usage_error(session.language(), "cli.usage.no_shares_no_passphrase");
  const auto passphrase = std::make_shared<SecretBytes>(std::move(*typed));
  const auto unlock = [passphrase](ByteView file) -> Result<keys::Keyring> {
    auto keyring = keys::Keyring::open_with_passphrase(file, passphrase->view());
    if (keyring) return keyring;
    return as_given(std::move(keyring.error()), ErrorCode::wrong_passphrase, 0);
  };
  return Opening{unlock, nullptr};
}

// What was found, before and after.
struct Found {
  BoxId box;
  PoolId pool;
  std::size_t present = 0;
  std::size_t members = 0;
  std::vector<std::string> businesses;
};

Found describe(const vault::FoundBox& box) {
  Found found;
  found.box = box.keyring.box();
  found.pool = box.pool->label().record.pool;
  found.present = box.pool->members_present();
  found.members = pool::current_members(box.pool->label().record);
  for (const keys::BusinessKeys& business : box.keyring.content().businesses) {
    if (business.state == keys::BusinessState::live) found.businesses.push_back(business.name);
  }
  return found;
}

void write_found(JsonWriter& json, const Found& found) {
  json.field("box", found.box.hex());
  json.field("pool", found.pool.hex());
  json.field("disks_present", std::uint64_t{found.present});
  json.field("disks_members", std::uint64_t{found.members});
}

// The first thing that is not as it should be: what the disks allow comes before what a business
// says.
ExitCode exit_of(const job::RecoverySummary& summary) {
  if (summary.not_writable) return exit_code_of(*summary.not_writable);
  if (summary.ended) return exit_code_of(*summary.ended);
  for (const job::RecoveredBusiness& business : summary.businesses) {
    if (business.problem) return exit_code_of(*business.problem);
  }
  return ExitCode::done;
}

void write_summary(Session& session, const job::RecoverySummary& summary) {
  JsonWriter& json = session.json();
  json.field("writable", !summary.not_writable && !summary.ended);
  json.begin_array("businesses");
  for (const job::RecoveredBusiness& business : summary.businesses) {
    json.begin_object();
    json.field("name", business.name.name);
    json.field("id", business.name.id.hex());
    json.field("number", business.number);
    json.field("snapshots", business.snapshots);
    if (business.problem) write_error(json, session.language(), *business.problem);
    json.end();
  }
  json.end();
  for (const auto* error : {&summary.not_writable, &summary.ended}) {
    if (*error) return write_error(json, session.language(), **error);
  }
}

void tell_summary(Session& session, const Found& found, const job::RecoverySummary& summary) {
  session.say("cli.recover.done", {{"home", session.home_as_given()},
                                   {"present", std::to_string(found.present)},
                                   {"members", std::to_string(found.members)}});
  for (const job::RecoveredBusiness& business : summary.businesses) {
    session.say("cli.recover.business",
                {{"name", business.name.name}, {"snapshots", std::to_string(business.snapshots)}});
    if (business.problem) session.tell(*business.problem);
  }
  if (summary.not_writable) {
    session.tell(*summary.not_writable);
    session.warn("cli.recover.only_read");
  }
  if (summary.ended) session.tell(*summary.ended);
  session.note("cli.init.key_in_clear", {{"home", session.home_as_given()}});
  // Disks that were told nothing stop nobody.
  if (!summary.not_writable && !summary.ended) session.note("cli.recover.old_box");
}

}  // namespace

Result<ExitCode> run_key_recover(Session& session, const KeyRecoverOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(session.check_recovery_home());
  std::vector<std::string> disks;
  for (const std::string& disk : options.disks) {
    HF_TRY(disks.emplace_back(), session.ports().files.resolve(disk));
  }
  HF_TRY(check_disks_apart(session, disks));
  HF_TRY(const Opening opening, opening_by(session, options.shares));
  auto found_box = session.find_box(disks, opening.unlock);
  if (!found_box) return as_found(std::move(found_box.error()), opening);
  vault::FoundBox box = std::move(*found_box);
  const Found found = describe(box);
  if (options.dry_run) {
    auto writable = box.pool->writable();
    if (writable) writable = vault::check_quorum(*box.pool);
    if (session.wants_json()) {
      write_found(session.json(), found);
      session.json().field("writable", writable.has_value());
      session.write_committed();
    }
    session.say("cli.recover.would_do", {{"home", session.home_as_given()},
                                         {"present", std::to_string(found.present)},
                                         {"members", std::to_string(found.members)}});
    for (const std::string& name : found.businesses) {
      session.say("cli.recover.found", {{"name", name}});
    }
    if (!writable) session.tell(writable.error());
    return writable ? ExitCode::done : exit_code_of(writable.error());
  }
  HF_TRY(vault::Box * recovered, session.recover_home(std::move(box)));
  session.set_committed();
  const auto summary = job::complete_recovery(*recovered, &session.stop(), &session.progress());
  if (session.wants_json()) {
    write_found(session.json(), found);
    session.json().field("machine_key_in_clear", true);
    write_summary(session, summary);
    session.write_committed();
  }
  tell_summary(session, found, summary);
  return exit_of(summary);
}

}  // namespace holdfast::app
