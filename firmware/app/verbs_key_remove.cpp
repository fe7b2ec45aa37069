// SPDX-License-Identifier: Apache-2.0
// key remove: which slots stay, since what opens them was given, and which go.
#include <algorithm>
#include <charconv>
#include <map>

#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/share_plan.h"
#include "firmware/app/slot_text.h"
#include "firmware/app/verbs.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

struct Plan {
  keys::SlotInfo target;
  std::optional<vault::SharePlan> shares;
  vault::KeyRemoval removal;
  std::vector<keys::SlotInfo> staying;
  std::vector<keys::SlotInfo> dropped;
};

bool is_kept(const vault::KeyRemoval& removal, std::uint32_t number) {
  return std::ranges::find(removal.kept, number, &keys::KeptSlot::number) != removal.kept.end();
}

Result<keys::SlotInfo> find_slot(Session& session, const keys::Keyring& keyring,
                                 const std::string& text) {
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return usage_error(session.language(), "cli.usage.bad_slot", {{"text", text}});
  }
  std::string numbers;
  for (const keys::SlotInfo& slot : keyring.slots()) {
    if (slot.number == number) return slot;
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(slot.number);
  }
  return usage_error(session.language(), "cli.usage.no_slot",
                     {{"number", std::to_string(number)}, {"slots", numbers}});
}

void keep(vault::KeyRemoval& removal, std::uint32_t number, ByteView credential) {
  removal.kept.push_back({number, SecretBytes(Bytes(credential.begin(), credential.end()))});
}

// A set of shares opens the slot that says so, and no other.
Result<void> keep_by_shares(const keys::Keyring& keyring, const std::vector<keys::Share>& shares,
                            Plan& plan) {
  HF_TRY(const SecretKey secret, secret_of(shares));
  const std::uint16_t set = shares.front().set;
  for (const keys::SlotInfo& slot : keyring.slots()) {
    if (slot.type != keys::SlotType::recovery || slot.share_set != set) continue;
    if (slot.number == plan.target.number || is_kept(plan.removal, slot.number)) continue;
    auto fits = keyring.check_slot(slot.number, secret.view());
    if (!fits && fits.error().code != ErrorCode::wrong_key) return fits;
    if (!fits) continue;
    keep(plan.removal, slot.number, secret.view());
    return {};
  }
  return make_error(ErrorCode::wrong_shares, {}, {{"set", std::to_string(set)}});
}

Result<void> take_shares(Session& session, const keys::Keyring& keyring,
                         const std::vector<std::string>& files, Plan& plan) {
  HF_TRY(std::vector<keys::Share> shares, read_share_files(session, files));
  std::map<std::uint16_t, std::vector<keys::Share>> sets;
  for (keys::Share& share : shares) sets[share.set].push_back(std::move(share));
  for (const auto& [set, of_set] : sets) {
    HF_TRY(keep_by_shares(keyring, of_set, plan));
  }
  return {};
}

// Those that a passphrase would keep.
std::vector<keys::SlotInfo> passphrase_slots(const keys::Keyring& keyring, const Plan& plan) {
  std::vector<keys::SlotInfo> slots = keyring.slots();
  std::erase_if(slots, [&](const keys::SlotInfo& slot) {
    return slot.type != keys::SlotType::passphrase || slot.number == plan.target.number ||
           slot.number == keyring.opened_by();
  });
  return slots;
}

// False if it opens another one.
Result<bool> keep_by_passphrase(const keys::Keyring& keyring, std::uint32_t number,
                                const SecretBytes& passphrase, Plan& plan) {
  const auto fits = keyring.check_slot(number, passphrase.view());
  if (!fits && fits.error().code == ErrorCode::wrong_key) return false;
  if (!fits) return fits.error();
  keep(plan.removal, number, passphrase.view());
  return true;
}

// The file's passphrase has done its part then.
bool is_opened_by_passphrase(const keys::Keyring& keyring) {
  const auto slots = keyring.slots();
  const auto own = std::ranges::find(slots, keyring.opened_by(), &keys::SlotInfo::number);
  return own != slots.end() && own->type == keys::SlotType::passphrase;
}

// One file has one passphrase, which may be that of several slots, and of those that it does not
// fit another may be meant. On a terminal each slot is asked for.
Result<void> take_passphrases(Session& session, const keys::Keyring& keyring, Plan& plan) {
  const std::vector<keys::SlotInfo> slots = passphrase_slots(keyring, plan);
  if (slots.empty()) return {};
  if (session.has_passphrase_file()) {
    HF_TRY(const auto passphrase, session.passphrase(false));
    bool fits_any = false;
    for (const keys::SlotInfo& slot : slots) {
      HF_TRY(const bool fits, keep_by_passphrase(keyring, slot.number, *passphrase, plan));
      fits_any = fits_any || fits;
    }
    if (fits_any || is_opened_by_passphrase(keyring)) return {};
    return make_error(ErrorCode::wrong_passphrase);
  }
  for (const keys::SlotInfo& slot : slots) {
    HF_TRY(const auto passphrase,
           session.ports().console.ask_secret(session.text(
               "cli.prompt.slot_passphrase", {{"number", std::to_string(slot.number)}})));
    if (!passphrase) return {};
    if (passphrase->empty()) continue;
    HF_TRY(const bool fits, keep_by_passphrase(keyring, slot.number, *passphrase, plan));
    if (!fits) return make_error(ErrorCode::wrong_passphrase);
  }
  return {};
}

Error denied(Session& session, std::string_view key, const messages::Arguments& arguments) {
  return make_error(ErrorCode::denied, {}, {{"what", session.text(key, arguments), true}});
}

// Every slot that is neither the target nor kept goes; whether it may is asked here.
Result<void> settle(Session& session, const keys::Keyring& keyring, const KeyRemoveOptions& options,
                    Plan& plan) {
  bool has_other = plan.shares.has_value();
  std::string unasked;
  for (const keys::SlotInfo& slot : keyring.slots()) {
    if (slot.number == plan.target.number) continue;
    if (slot.number == keyring.opened_by() || is_kept(plan.removal, slot.number)) {
      plan.staying.push_back(slot);
      has_other = has_other || slot.type != keys::SlotType::machine;
      continue;
    }
    plan.dropped.push_back(slot);
    plan.removal.dropped.push_back(slot.number);
    // New shares take the place of those that nobody has.
    if (slot.type == keys::SlotType::recovery && plan.shares) continue;
    unasked += (unasked.empty() ? "" : ", ") + slot_text(session, slot);
  }
  if (!unasked.empty() && !options.drop_others) {
    return denied(session, "cli.key.would_go_too", {{"slots", unasked, true}});
  }
  if (!has_other && !options.machine_only_allowed) {
    return denied(session, "cli.key.machine_only", {});
  }
  return {};
}

Result<Plan> make_plan(Session& session, const vault::Box& box, const KeyRemoveOptions& options,
                       const std::optional<vault::SharePlan>& shares) {
  const keys::Keyring& keyring = box.keyring();
  Plan plan;
  HF_TRY(plan.target, find_slot(session, keyring, options.slot));
  if (plan.target.number == keyring.opened_by()) {
    return denied(session, "cli.key.own_slot", {{"slot", slot_text(session, plan.target), true}});
  }
  plan.removal.number = plan.target.number;
  plan.shares = shares;
  plan.removal.shares = shares;
  HF_TRY(take_shares(session, keyring, options.shares, plan));
  HF_TRY(take_passphrases(session, keyring, plan));
  HF_TRY(settle(session, keyring, options, plan));
  return plan;
}

void tell_removal(Session& session, const Plan& plan, bool dry_run,
                  const vault::Box::RemovedKey& removed) {
  session.say(dry_run ? "cli.key.would_remove" : "cli.key.removed",
              {{"slot", slot_text(session, plan.target), true}});
  for (const keys::SlotInfo& slot : plan.dropped) {
    session.say(dry_run ? "cli.key.would_drop" : "cli.key.dropped",
                {{"slot", slot_text(session, slot), true}});
  }
  if (dry_run) return;
  if (plan.shares) tell_shares(session, *plan.shares, removed.files);
  for (const std::string& path : removed.old_copies) {
    session.warn("cli.key.old_copy", {{"path", path}});
  }
  session.note("cli.key.forward_only");
}

void write_removal(Session& session, const Plan& plan, const std::vector<keys::SlotInfo>& slots,
                   const vault::Box::RemovedKey& removed) {
  JsonWriter& json = session.json();
  write_slots(session, "removed", {plan.target});
  write_slots(session, "dropped", plan.dropped);
  write_slots(session, "slots", slots);
  write_shares(json, plan.shares, removed.files);
  json.begin_array("old_copies");
  for (const std::string& path : removed.old_copies) json.element(escape_path(path));
  json.end();
  if (removed.not_level) write_error(json, session.language(), *removed.not_level);
  session.write_committed();
}

}  // namespace

Result<ExitCode> run_key_remove(Session& session, const KeyRemoveOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const auto disks, box->disk_paths());
  HF_TRY(const auto shares,
         plan_shares(session, options.recovery_shares, options.recovery_out, disks));
  if (!shares && !options.recovery_shares.empty()) {
    return usage_error(session.language(), "cli.usage.no_recovery_out");
  }
  HF_TRY(box->check_keyring_writable());
  HF_TRY(Plan plan, make_plan(session, *box, options, shares));
  vault::Box::RemovedKey removed;
  if (!options.dry_run) {
    HF_TRY(removed, box->remove_key(std::move(plan.removal)));
    session.set_committed();
  }
  if (session.wants_json()) {
    write_removal(session, plan, options.dry_run ? plan.staying : box->keyring().slots(), removed);
  }
  tell_removal(session, plan, options.dry_run, removed);
  if (!removed.not_level) return ExitCode::done;
  session.tell(*removed.not_level);
  session.warn("cli.key.not_level");
  return exit_code_of(*removed.not_level);
}

}  // namespace holdfast::app
