// SPDX-License-Identifier: Apache-2.0
// How RecordStep asks databases.
#include <algorithm>

#include "firmware/job/outcome_files.h"
#include "firmware/job/record_step.h"

namespace holdfast::job {

// One that cannot be asked now is asked by the next run, from where this one came to; what it would
// have given is missing until then, and the problem says so.
Result<void> RecordStep::ask(RecordSource& source, const KnownItems& vanished) {
  HF_TRY(const auto request, query_request(*source.definition));
  if (!request) return {};
  HF_TRY(auto items, asked_items(source, vanished));
  const auto questions = questions_of(*source.definition, std::move(items), request_.now);
  asking_ = {"asking", 0, questions.size(), 0, 0};
  asked_bytes_ = 0;
  for (const RowQuestion& question : questions) {
    tell_asking(0);
    HF_TRY(const QueryRows rows, query_rows(*request, question.window, question.path, made_));
    const bool is_one_of_many = questions.size() > 1;
    if (rows.error) {
      problems_.add(is_one_of_many ? question.path : source.definition->name, *rows.error);
      return {};
    }
    HF_TRY(take_answer(source, question, rows));
    asked_bytes_ = asking_.bytes_done;
    ++asking_.items_done;
    const bool is_due = has_gathered_ && request_.is_commit_due && request_.is_commit_due();
    if (is_due) HF_TRY(hand_over());
  }
  return {};
}

Result<std::optional<QueryRequest>> RecordStep::query_request(
    const source::SourceDefinition& source) {
  const auto refuse = [&](Error error) {
    problems_.add(source.name, std::move(error));
    return std::optional<QueryRequest>();
  };
  if (request_.sql == nullptr) {
    return refuse(make_error(ErrorCode::sql_client_missing, source.name));
  }
  SecretBytes password;
  if (!source.sql.password_file.empty()) {
    auto read = request_.read_secret(source.sql.password_file);
    if (!read) return refuse(std::move(read.error()));
    password = std::move(*read);
  }
  return std::optional(QueryRequest{source, *request_.sql, context_.business.box().ports().clock,
                                    std::move(password), request_.stop, request_.pace,
                                    [this, &source](const std::string& key, const Digest& row) {
                                      return batch_.find_row(source.name, key, row);
                                    },
                                    [this](std::uint64_t bytes) { tell_asking(bytes); }});
}

// What packs hold no more is lost, and what the index knows but no list names.
Result<std::vector<AskedItem>> RecordStep::asked_items(RecordSource& source,
                                                       const KnownItems& vanished) {
  const source::SourceDefinition& definition = *source.definition;
  std::vector<AskedItem> items;
  HF_TRY(tree_.walk(definition.name, [&](const vault::Item& item) -> Result<void> {
    const auto until = source::until_of(item.path);
    if (!until) return {};
    HF_TRY(const bool is_held, run_.holds(item, definition.retention_class, pack::PackKind::meta));
    items.push_back({item.path, *until, !is_held});
    return {};
  }));
  for (const auto& [path, item] : vanished) {
    const auto until = source::until_of(path);
    if (until) items.push_back({path, *until, true});
  }
  const bool has_lost = std::ranges::any_of(items, &AskedItem::is_lost);
  if (!has_lost) return items;
  // What stands beside them may be lost as well.
  is_changed_ = true;
  HF_TRY(const auto known, batch_.row_items(definition.name));
  for (const catalog::RowItem& item : known) {
    const auto found = std::ranges::find(items, item.path, &AskedItem::path);
    if (found != items.end() && found->is_lost) HF_TRY(batch_.pass_over(item));
  }
  return items;
}

// A lost item of which the source has nothing any more stays lost, and is told.
Result<void> RecordStep::take_answer(RecordSource& source, const RowQuestion& question,
                                     const QueryRows& rows) {
  if (rows.rows_new == 0) {
    if (question.is_lost) {
      problems_.add(question.path, make_error(ErrorCode::data_lost, question.path));
    }
    return {};
  }
  has_gathered_ = true;
  HF_TRY(made_.flush());
  HF_TRY(const auto item, made_.find_made(question.path));
  HF_CHECK(item.has_value());
  const std::string& name = source.definition->name;
  source.kept.erase(rows_file(name, question.path));
  HF_TRY(const auto known, batch_.row_items(name));
  const auto before = std::ranges::find(known, question.path, &catalog::RowItem::path);
  const bool is_known = before != known.end();
  if (is_known && before->content == item->digest && !source.is_anew) return {};
  return taker_->take_item(source, *item, is_known ? std::optional(*before) : std::nullopt);
}

Result<void> RecordStep::hand_over() {
  has_gathered_ = false;
  if (!request_.commit) return {};
  HF_TRY(const auto root, made_.lay_in(*sink_));
  return request_.commit({root, made_.more_items(), made_.more_bytes()});
}

void RecordStep::tell_asking(std::uint64_t bytes) {
  asking_.bytes_done = asked_bytes_ + bytes;
  if (request_.progress != nullptr) request_.progress->update(asking_);
}

}  // namespace holdfast::job
