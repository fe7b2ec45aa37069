// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/holds.h"

#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/job/record_condition.h"
#include "firmware/job/record_index_file.h"

namespace holdfast::app {

using journal::HoldScope;

namespace {

constexpr std::size_t kNamesMax = 20;  // in an error

// Nothing: they cannot be looked up.
Result<std::optional<catalog::RecordIndex>> known_records(vault::Business& business) {
  auto index = job::open_record_index(business);
  if (index) return std::optional(std::move(*index));
  if (index.error().code != ErrorCode::records_not_indexed) return std::move(index.error());
  return std::optional<catalog::RecordIndex>();
}

Result<bool> has_any(catalog::RecordIndex& index, const std::string& key) {
  for (catalog::RecordQuery& query : job::held_queries(key)) {
    query.limit = 1;
    HF_TRY(const catalog::FoundRows found, index.find(query));
    if (!found.rows.empty()) return true;
  }
  return false;
}

std::string names_of(const std::vector<std::string>& columns) {
  std::string names;
  for (std::size_t i = 0; i < columns.size() && i < kNamesMax; ++i) {
    names += (i == 0 ? "" : ", ") + columns[i];
  }
  return columns.size() > kNamesMax ? names + ", …" : names;
}

}  // namespace

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

Result<BoundHolds> bound_holds(vault::Business& business,
                               const std::vector<catalog::HoldRow>& holds) {
  BoundHolds bound;
  HF_TRY(auto index, known_records(business));
  if (!index) return bound;
  for (const catalog::HoldRow& hold : holds) {
    if (hold.body.scope != HoldScope::key) continue;
    HF_TRY(const bool has_record, has_any(*index, hold.body.value));
    if (has_record) bound.insert(hold.number);
  }
  return bound;
}

Result<bool> is_bound(vault::Business& business, const std::string& key,
                      messages::Language language) {
  HF_TRY(auto index, known_records(business));
  if (!index) return false;
  HF_TRY(const auto columns, index->columns());
  if (columns.empty()) return false;
  if (job::is_known_key(key, columns)) return has_any(*index, key);
  return usage_error(language, "cli.usage.no_column",
                     {{"column", key.substr(0, key.find('='))}, {"columns", names_of(columns)}});
}

void write_holds(JsonWriter& json, const std::vector<catalog::HoldRow>& holds,
                 const BoundHolds& bound) {
  json.begin_array("holds");
  for (const catalog::HoldRow& hold : holds) {
    json.begin_object();
    json.field("number", hold.number);
    json.field("time", hold.time);
    write_held(json, hold.body.scope, hold.body.value, bound.contains(hold.number));
    json.path("reason", hold.body.reason);
    json.field("id", hold.body.id.hex());
    json.end();
  }
  json.end();
}

void hide_names(std::vector<catalog::HoldRow>& holds) {
  for (catalog::HoldRow& hold : holds) {
    if (hold.body.scope != HoldScope::snapshot) hold.body.value.clear();
    hold.body.reason.clear();
  }
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
