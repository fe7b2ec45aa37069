// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/slot_text.h"

#include "firmware/app/report.h"

namespace holdfast::app {

namespace {

const char* name_of(keys::SlotType type) {
  switch (type) {
    case keys::SlotType::machine:
      return "machine";
    case keys::SlotType::passphrase:
      return "passphrase";
    case keys::SlotType::recovery:
      return "recovery";
    case keys::SlotType::tpm:
      break;
  }
  return "tpm";
}

}  // namespace

std::string type_text(Session& session, const keys::SlotInfo& slot) {
  return session.text("cli.slot." + std::string(name_of(slot.type)));
}

std::string shares_text(Session& session, const keys::SlotInfo& slot) {
  if (slot.type != keys::SlotType::recovery) return {};
  return session.text("cli.key.shares", {{"needed", std::to_string(slot.shares.needed)},
                                         {"made", std::to_string(slot.shares.made)},
                                         {"set", std::to_string(slot.share_set)}});
}

std::string slot_text(Session& session, const keys::SlotInfo& slot) {
  const std::string shares = shares_text(session, slot);
  return session.text(shares.empty() ? "cli.key.slot" : "cli.key.slot_of_shares",
                      {{"number", std::to_string(slot.number)},
                       {"type", type_text(session, slot), true},
                       {"shares", shares, true}});
}

void write_slots(Session& session, const std::string& name,
                 const std::vector<keys::SlotInfo>& slots) {
  JsonWriter& json = session.json();
  json.begin_array(name);
  for (const keys::SlotInfo& slot : slots) {
    json.begin_object();
    json.field("number", std::uint64_t{slot.number});
    json.field("type", std::string(name_of(slot.type)));
    write_time(json, "made", slot.made);
    const bool has_shares = slot.type == keys::SlotType::recovery;
    using Number = std::optional<std::uint64_t>;
    json.field("set", has_shares ? Number(slot.share_set) : Number());
    json.field("shares_needed", has_shares ? Number(slot.shares.needed) : Number());
    json.field("shares_made", has_shares ? Number(slot.shares.made) : Number());
    json.end();
  }
  json.end();
}

}  // namespace holdfast::app
