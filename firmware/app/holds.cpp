// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/holds.h"

#include <algorithm>

namespace holdfast::app {

using journal::HoldScope;

bool is_held(const std::vector<catalog::HoldRow>& holds, const journal::Head& snapshot) {
  const std::string value = journal::hold_value(snapshot.number, snapshot.digest);
  return std::ranges::any_of(holds, [&](const catalog::HoldRow& hold) {
    return hold.body.scope == HoldScope::snapshot && hold.body.value == value;
  });
}

std::string held_text(Session& session, HoldScope scope, const std::string& value) {
  switch (scope) {
    case HoldScope::item:
      return session.text("cli.hold.item", {{"path", value}});
    case HoldScope::key:
      return session.text("cli.hold.key", {{"key", value}});
    case HoldScope::snapshot:
      return session.text("cli.hold.snapshot", {{"number", std::to_string(held_number(value))}});
  }
  return {};
}

std::uint64_t held_number(const std::string& value) {
  return ByteReader(view_of(value)).u64();
}

void write_held(JsonWriter& json, HoldScope scope, const std::string& value, bool bound) {
  switch (scope) {
    case HoldScope::item:
      json.field("scope", "path");
      json.path("path", value);
      break;
    case HoldScope::key:
      json.field("scope", "key");
      json.path("key", value);
      json.field("bound", bound);
      break;
    case HoldScope::snapshot:
      json.field("scope", "snapshot");
      json.field("snapshot", held_number(value));
      break;
  }
}

void write_holds(JsonWriter& json, const std::vector<catalog::HoldRow>& holds) {
  json.begin_array("holds");
  for (const catalog::HoldRow& hold : holds) {
    json.begin_object();
    json.field("number", hold.number);
    json.field("time", hold.time);
    write_held(json, hold.body.scope, hold.body.value);
    json.path("reason", hold.body.reason);
    json.field("id", hold.body.id.hex());
    json.end();
  }
  json.end();
}

void say_holds(Session& session, const std::vector<catalog::HoldRow>& holds) {
  for (const catalog::HoldRow& hold : holds) {
    session.say("cli.hold.stands",
                {{"what", held_text(session, hold.body.scope, hold.body.value), true},
                 {"time", time_text(hold.time)},
                 {"reason", hold.body.reason}});
  }
}

}  // namespace holdfast::app
