// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/document.h"

#include <algorithm>

#include "firmware/messages/value_text.h"

namespace holdfast::status {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

void write_reason(JsonWriter& json, messages::Language language, const Reason& reason) {
  json.begin_object();
  const bool is_good = reason.level == Verdict::ok;
  json.field("level", is_good ? "info" : std::string(name_of(reason.level)));
  json.field("code", reason.code);
  json.path("where", reason.where);
  json.field("what", text_of(language, reason));
  // A page is read in another language than the daemon that keeps the document speaks.
  write_texts(json, texts_of(reason));
  json.end();
}

void write_sums(JsonWriter& json, const RecordSums& sums) {
  json.begin_object();
  json.path("source", sums.source);
  json.field("calls", sums.calls);
  json.field("rows", sums.rows);
  json.field("recordings", sums.recordings);
  json.field("bytes", sums.bytes);
  json.field("speech_ms", sums.speech_ms);
  json.field("verdict", sums.verdict);
  json.end();
}

void write_proof(JsonWriter& json, const char* kind, const std::optional<Proof>& proof) {
  if (!proof) return;
  json.begin_object();
  json.field("kind", kind);
  json.field("time", proof->time);
  json.field("snapshot", proof->snapshot);
  json.field("items", proof->items);
  json.field("items_total", proof->items_total);
  json.field("bytes", proof->bytes);
  json.field("differences", proof->differences);
  json.field("good", proof->good);
  json.end();
}

std::optional<std::uint64_t> seconds_of(const std::optional<std::int64_t>& duration_ns) {
  if (!duration_ns) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(*duration_ns, 0) / kSecond_ns);
}

void write_source(JsonWriter& json, const BusinessStatus& business, const SourceStatus& source) {
  json.begin_object();
  json.path("name", source.name);
  json.field("mode", source.is_hot ? "hot" : "cold");
  source.watch.empty() ? json.null("watch") : json.field("watch", source.watch);
  json.field("interval_seconds", seconds_of(source.interval_ns));
  json.field("rpo_seconds", seconds_of(source.rpo_proved_ns));
  json.field("rpo_missed",
             business.misses_target(source.rpo_proved_ns) || source.misses_hot_target());
  json.field("newest_seconds", seconds_of(source.newest_ns));
  json.field("hot_target_seconds", seconds_of(source.hot_target_ns));
  json.end();
}

void write_business(JsonWriter& json, const BusinessStatus& business) {
  json.begin_object();
  json.field("name", business.name);
  json.field("id", business.id);
  json.field("looked_at", business.is_looked_at);
  json.field("snapshots", business.snapshots);
  write_time(json, "last_backup", business.last_backup);
  json.begin_array("records");
  for (const RecordSums& sums : business.records) write_sums(json, sums);
  json.end();
  json.begin_array("proofs");
  write_proof(json, "verify", business.last_verify);
  write_proof(json, "drill", business.last_drill);
  json.end();
  json.begin_array("sources");
  for (const SourceStatus& source : business.sources) write_source(json, business, source);
  json.end();
  json.field("rpo_seconds", seconds_of(business.rpo_proved_ns));
  json.field("rpo_target_seconds", seconds_of(business.rpo_target_ns));
  json.field("rpo_missed", business.misses_target(business.rpo_proved_ns));
  write_time(json, "last_sync", business.last_sync);
  json.end();
}

void write_pool(JsonWriter& json, const std::optional<PoolStatus>& pool) {
  if (!pool) return json.null("pool");
  json.begin_object("pool");
  json.field("id", pool->id);
  json.field("looked_at", pool->is_looked_at);
  write_geometry(json, pool->k, pool->m);
  json.field("disks", pool->disks);
  json.field("disks_present", pool->disks_present);
  json.field("bytes_usable", pool->bytes_usable);
  json.field("bytes_free", pool->bytes_free);
  write_fill(json, pool->fill);
  json.field("packs", pool->packs);
  json.field("packs_looked_at", pool->packs_looked_at);
  json.field("may_lose", pool->may_lose);
  json.end();
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::attention:
      return "attention";
    case Verdict::danger:
      return "danger";
  }
  return "danger";
}

std::string text_of(messages::Language language, const Reason& reason) {
  const bool is_error = reason.error && reason.code == holdfast::name_of(reason.error->code);
  if (is_error) return messages::render_error(language, *reason.error);
  messages::Arguments arguments = {{"where", reason.where},
                                   {"count", std::to_string(reason.count)},
                                   {"limit", messages::duration_text(reason.limit_ns)}};
  if (reason.time) arguments.push_back({"time", messages::utc_text(*reason.time)});
  if (reason.error) {
    arguments.push_back({"what", messages::render_error(language, *reason.error), true});
  }
  return messages::render(language, "cli.reason." + reason.code, arguments);
}

ReasonTexts texts_of(const Reason& reason) {
  return {text_of(messages::Language::english, reason),
          text_of(messages::Language::chinese, reason)};
}

void write_texts(JsonWriter& json, const ReasonTexts& texts) {
  json.begin_object("texts");
  json.field("en", texts.english);
  json.field("zh-CN", texts.chinese);
  json.end();
}

void write_fill(JsonWriter& json, const Fill& fill) {
  using Number = std::optional<std::uint64_t>;
  const bool fills = fill.filling == Filling::yes;
  fill.filling == Filling::unknown ? json.null("filling") : json.field("filling", fills);
  json.field("full_in_days", fills ? Number(fill.days) : Number());
}

std::string text_of(messages::Language language, const Fill& fill) {
  switch (fill.filling) {
    case Filling::unknown:
      break;
    case Filling::no:
      return messages::render(language, "cli.fill.no");
    case Filling::yes:
      return messages::render(language, "cli.fill.yes", {{"days", std::to_string(fill.days)}});
  }
  return messages::render(language, "cli.fill.unknown");
}

void write_model(JsonWriter& json, messages::Language language, const Model& model) {
  json.field("verdict", std::string(name_of(model.verdict())));
  json.begin_array("reasons");
  for (const Reason& reason : model.reasons) write_reason(json, language, reason);
  json.end();
  json.begin_array("businesses");
  for (const BusinessStatus& business : model.businesses) write_business(json, business);
  json.end();
  write_pool(json, model.pool);
  write_time(json, "last_backup", model.last_backup);
  write_time(json, "last_verify", model.last_verify);
  write_time(json, "last_drill", model.last_drill);
  write_time(json, "last_sync", model.last_sync);
}

}  // namespace holdfast::status
