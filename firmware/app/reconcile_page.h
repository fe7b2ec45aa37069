// SPDX-License-Identifier: Apache-2.0
// The reconciliation of a snapshot as one HTML page that is made to be printed. It stands by
// itself: no script, and nothing that lies elsewhere. What comes from outside (paths, names) is
// text in it, whatever it says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "firmware/app/page.h"
#include "firmware/app/session.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/outcome_list.h"
#include "firmware/job/suggestion_files.h"

namespace holdfast::app {

// Memory: a few thousand lines, however many there are to list. One thread.
class ReconcilePage {
 public:
  // The references must outlive it.
  ReconcilePage(Session& session, const std::string& business, const catalog::SnapshotRow& snapshot)
      : session_(session), business_(business), snapshot_(snapshot), page_(session) {}

  // In the order of for_each_outcome().
  void take(const job::Outcome& outcome);
  // All of it, to standard output. `lost`: what nobody could read.
  [[nodiscard]] Result<void> write(const std::map<std::string, job::StoredReport>& reports,
                                   const job::SuggestionsBySource& suggestions,
                                   const job::Problems& lost);

 private:
  // Of one class of rows or of recordings.
  struct Listed {
    std::uint64_t count = 0;  // of all that were seen
    std::vector<job::Outcome> first;
  };
  struct OfSource {
    std::map<std::string, Listed, std::less<>> rows;  // by the name of the class
    std::map<std::string, Listed, std::less<>> recordings;
  };

  [[nodiscard]] std::string words(std::string_view key, const messages::Arguments& arguments = {});
  void write_head();
  void write_source(const std::string& source, const job::StoredReport& report,
                    const std::vector<job::StoredSuggestion>& suggestions);
  void write_verdict(const job::StoredReport& report);
  void write_classes(const job::StoredReport& report);
  void write_not_given(const job::StoredReport& report);
  void write_listed(const OfSource& listed, bool is_of_rows);
  void write_suggestions(const std::vector<job::StoredSuggestion>& suggestions);
  void write_more(std::uint64_t count);
  void write_row(const job::Outcome& outcome);
  void write_recording(const job::Outcome& outcome);

  Session& session_;
  const std::string& business_;
  const catalog::SnapshotRow& snapshot_;
  std::map<std::string, OfSource> sources_;
  job::Outcome last_;  // of a row: of its further recordings no new row is made
  Page page_;
};

}  // namespace holdfast::app
