// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/document.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace holdfast::status {
namespace {

using messages::Language;

std::string document_of(const Model& model) {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  write_model(json, Language::english, model);
  json.end();
  return out.str();
}

TEST_CASE("nothing at all is a document, too") {
  CHECK(document_of({}) ==
        R"({"verdict":"ok","reasons":[],"businesses":[],"pool":null,"last_backup":null,)"
        R"("last_verify":null,"last_drill":null,"last_sync":null})");
}

TEST_CASE("a model is one document, and what comes from outside is escaped in it") {
  Model model;
  model.reasons.push_back({Verdict::ok, "no_parity"});
  model.reasons.push_back({Verdict::attention, "disk_missing", "/mnt/\xff"});
  BusinessStatus desk{"desk", "0a", true, 2, Timestamp{0}};
  desk.records.push_back({"cdr\n", 1, 2, 3, 4, 5, "good"});
  desk.last_drill = Proof{Timestamp{1'000'000'000}, 2, 3, 9, 50, 1, false};
  desk.rpo_proved_ns = 3'900'000'000;
  desk.rpo_target_ns = 3'900'000'000;
  desk.sources.push_back({"d", false, "", {}, 3'900'000'001, {}});
  desk.sources.push_back({"c\n", true, "scan", 60'000'000'000, 3'900'000'000, 2'000'000'000});
  model.businesses.push_back(desk);
  model.pool = PoolStatus{"0b", true, 3, 2, 6, 5, 1000, 300, {Filling::yes, 41}, 7, 6, 1};
  model.last_backup = Timestamp{0};
  model.last_drill = Timestamp{1'000'000'000};
  CHECK(
      document_of(model) ==
      R"({"verdict":"attention","reasons":[)"
      R"({"level":"info","code":"no_parity","where":"","what":"The pool has no redundancy.",)"
      R"("texts":{"en":"The pool has no redundancy.","zh-CN":"磁盘池没有冗余。"}},)"
      R"({"level":"attention","code":"disk_missing","where":"/mnt/\\xff",)"
      R"("what":"Disk /mnt/\\xff is missing: it is not mounted there, or another disk is.",)"
      R"("texts":{"en":"Disk /mnt/\\xff is missing: it is not mounted there, or another disk is.",)"
      R"("zh-CN":"磁盘 /mnt/\\xff 缺失：该处未挂载，或挂载了其他磁盘。"}}],)"
      R"("businesses":[{"name":"desk","id":"0a","looked_at":true,"snapshots":2,)"
      R"("last_backup":"1970-01-01T00:00:00Z","records":[{"source":"cdr\\x0a","calls":1,)"
      R"("rows":2,"recordings":3,"bytes":4,"speech_ms":5,"verdict":"good"}],)"
      R"("proofs":[{"kind":"drill","time":"1970-01-01T00:00:01Z","snapshot":2,"items":3,)"
      R"("items_total":9,"bytes":50,"differences":1,"good":false}],)"
      R"("sources":[{"name":"d","mode":"cold","watch":null,"interval_seconds":null,)"
      R"("rpo_seconds":3,"rpo_missed":true,"newest_seconds":null,"hot_target_seconds":null},)"
      R"({"name":"c\\x0a","mode":"hot","watch":"scan","interval_seconds":60,)"
      R"("rpo_seconds":3,"rpo_missed":false,"newest_seconds":2,"hot_target_seconds":null}],)"
      R"("rpo_seconds":3,"rpo_target_seconds":3,"rpo_missed":false,"last_sync":null}],)"
      R"("pool":{"id":"0b","looked_at":true,"geometry":{"k":3,"m":2},"disks":6,"disks_present":5,)"
      R"("bytes_usable":1000,"bytes_free":300,"filling":true,"full_in_days":41,)"
      R"("packs":7,"packs_looked_at":6,"may_lose":1},)"
      R"("last_backup":"1970-01-01T00:00:00Z","last_verify":null,)"
      R"("last_drill":"1970-01-01T00:00:01Z","last_sync":null})");
}

TEST_CASE("a pool that does not fill is told apart from one of which that is not known") {
  Model model;
  model.pool.emplace();
  const auto has = [&](Filling filling, std::string_view words) {
    model.pool->fill = {filling, 7};
    return document_of(model).find(words) != std::string::npos;
  };
  CHECK(has(Filling::unknown, R"("filling":null,"full_in_days":null)"));
  CHECK(has(Filling::no, R"("filling":false,"full_in_days":null)"));
  CHECK(has(Filling::yes, R"("filling":true,"full_in_days":7)"));
}

TEST_CASE("the verdict is that of the worst reason") {
  Model model;
  CHECK(model.verdict() == Verdict::ok);
  model.reasons.push_back({Verdict::danger, "gap"});
  model.reasons.push_back({Verdict::attention, "partial"});
  CHECK(model.verdict() == Verdict::danger);
}

TEST_CASE("a reason that is an error reads as it, and one with an error behind it names it") {
  const Error error = make_error(ErrorCode::source_missing, "/srv/calls");
  const std::string words = messages::render_error(Language::english, error);
  CHECK(text_of(Language::english,
                {Verdict::danger, "source_missing", "", 0, std::nullopt, error}) == words);
  CHECK(text_of(Language::english,
                {Verdict::attention, "backup_failed", "desk", 0, Timestamp{0}, error}) ==
        "The last backup of business desk failed (1970-01-01 00:00:00 UTC), nothing was saved "
        "then: " +
            words);
}

}  // namespace
}  // namespace holdfast::status
