// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/lost_text.h"

#include <limits>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "firmware/app/definition.h"
#include "firmware/app/problem_text.h"
#include "firmware/job/lost_records.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

// Of all businesses that lost something.
class Records {
 public:
  Records(Session& session, const std::string& business) : session_(session), all_of_(business) {}

  std::vector<job::BusinessRecord> of(const job::Problem& item) {
    const auto known = known_.try_emplace(
        all_of_.empty() ? std::string(item.error.argument("business")) : all_of_);
    if (known.second) known.first->second = open(known.first->first);
    return known.first->second ? known.first->second->find(item)
                               : std::vector<job::BusinessRecord>();
  }

 private:
  std::unique_ptr<job::LostRecords> open(const std::string& name) {
    const auto business = session_.open_business(name, vault::Access::read);
    if (!business) return nullptr;
    auto loaded = load_good_definition(session_, **business);
    if (!loaded) return nullptr;
    return std::make_unique<job::LostRecords>(**business, std::move(loaded->definition));
  }

  Session& session_;
  const std::string& all_of_;
  std::map<std::string, std::unique_ptr<job::LostRecords>> known_;
};

void write_record(JsonWriter& json, const job::BusinessRecord& record) {
  json.begin_object();
  json.path("source", record.source);
  json.path("item", record.item);
  json.field("row", record.number);
  json.begin_object("key");
  for (const auto& [column, value] : record.key) json.path(escape_path(column), value);
  json.end();
  json.end();
}

std::string record_text(Session& session, const job::BusinessRecord& record) {
  std::string row;
  for (const auto& [column, value] : record.key) {
    row += (row.empty() ? "" : " ") + escape_path(column) + "=" + escape_path(value);
  }
  if (row.empty()) row = std::to_string(record.number) + " " + escape_path(record.item);
  return session.text("cli.lost_record", {{"row", row, true}});
}

}  // namespace

void write_lost(Session& session, const job::Problems& lost, const std::string& business) {
  Records records(session, business);
  write_each_problem(session, "lost", lost, [&](const job::Problem& item) {
    const auto of_item = records.of(item);
    if (of_item.empty()) return;
    session.json().begin_array("record");
    for (const job::BusinessRecord& record : of_item) write_record(session.json(), record);
    session.json().end();
  });
}

void warn_of_lost_items(Session& session, const job::Problems& lost, const std::string& business) {
  Records records(session, business);
  const auto more = [&](const job::Problem& item) {
    std::string text;
    std::set<std::string> told;  // several sources may know the same call
    for (const job::BusinessRecord& record : records.of(item)) {
      const auto [row, is_new] = told.insert(record_text(session, record));
      if (is_new) text += *row;
    }
    return text;
  };
  warn_of_each_problem(session, "cli.lost", lost, std::numeric_limits<std::size_t>::max(), more);
}

}  // namespace holdfast::app
