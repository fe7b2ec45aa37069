// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/recording_facts.h"

#include <charconv>

#include "firmware/records/audio_probe.h"
#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;

}  // namespace

catalog::Probe probe(const vault::Item& item, const ContentEnds& ends) {
  const records::AudioFacts facts =
      records::probe_audio(last_name_of(item.path), ends.head(), ends.tail(), item.size);
  return {facts.duration_ms, facts.state, std::string(facts.form)};
}

Result<std::optional<catalog::Probe>> probe_stored(vault::ContentReader& content,
                                                   const vault::Item& item) {
  if (!item.data_runs.empty()) return std::optional<catalog::Probe>();
  ContentEnds ends;
  Buffer plain;
  std::uint64_t rest = item.size;
  for (const journal::ChunkReference& chunk : item.chunks) {
    rest -= chunk.length;
    const bool is_between =
        ends.head().size() == ContentEnds::kHeadSize && rest >= ContentEnds::kTailSize;
    if (is_between) continue;
    plain.resize(static_cast<std::size_t>(chunk.length));
    const auto read = content.read_chunk(chunk, plain.span());
    if (!read && vault::is_loss(read.error())) return std::optional<catalog::Probe>();
    if (!read) return read.error();
    ends.take(plain.view());
  }
  return std::optional(probe(item, ends));
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

records::RecordingFacts facts_of_outcome(const OutcomeField& field) {
  records::RecordingFacts facts;
  if (auto path = unescape_path(field("recording"))) facts.path = std::move(*path);
  const auto content = from_hex(field("content"));
  if (content) facts.content = std::string(text_of(*content));
  const auto first_seen = Timestamp::parse(field("first_seen"));
  if (first_seen) facts.first_seen_ms = first_seen->ns / kMillisecond_ns;
  facts.size = ~std::uint64_t{0};
  return facts;
}

std::optional<catalog::Probe> probe_of_outcome(const OutcomeField& field) {
  const auto audio = records::audio_state_named(field("audio"));
  if (!audio) return std::nullopt;
  return catalog::Probe{number_of(field("duration_ms")), *audio, std::string(field("format"))};
}

}  // namespace holdfast::job
