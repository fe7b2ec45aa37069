// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/records_text.h"

#include <catch2/catch.hpp>

namespace holdfast::app {

using messages::Language;

TEST_CASE("what a snapshot of a newer version says is told by its name, and as no key") {
  const std::string newer = "by_voice (a word of a newer version of Holdfast)";
  job::StoredSuggestion pair;
  pair.reason = "by_voice";
  CHECK(suggestion_text(Language::english, pair) == newer);
  CHECK(class_text(Language::english, "by_voice") == newer);
  CHECK(reason_text(Language::english, "by_voice") == newer);
  CHECK(column_text(Language::english, {"column_merged", "phone", 3}) ==
        "column_merged (a word of a newer version of Holdfast)");
  CHECK(class_text(Language::chinese, "by_voice") == "by_voice（更新版本 Holdfast 的用词）");
}

TEST_CASE("what a snapshot says is told in the person's words") {
  job::StoredSuggestion pair;
  pair.reason = "start";
  pair.start_difference_ms = -3'600'000;
  CHECK(suggestion_text(Language::english, pair) ==
        "number and duration agree, the starts are 1 h 0 min apart");
  CHECK(class_text(Language::english, "missing_recording") == "recording missing");
  CHECK(reason_text(Language::english, "").empty());
}

}  // namespace holdfast::app
