// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "firmware/records/audio_probe_forms.h"

namespace holdfast::records {

namespace {

constexpr std::string_view kMagic = "OggS";
constexpr std::size_t kPageHeader = 27;
constexpr std::uint64_t kNoGranule = ~std::uint64_t{0};  // no packet ends on the page
constexpr std::uint32_t kOpusRate = 48'000;              // of its counts, whatever the sound's

struct Page {
  std::uint64_t granule = 0;
  std::uint32_t serial = 0;
  std::size_t header_size = 0;
  std::size_t size = 0;
};

std::optional<Page> page_at(ByteView bytes) {
  ByteReader reader(bytes);
  if (text_of(reader.raw(kMagic.size())) != kMagic || reader.u8() != 0) return std::nullopt;
  reader.u8();  // flags
  Page page;
  page.granule = reader.u64();
  page.serial = reader.u32();
  reader.raw(8);  // number and checksum
  const ByteView lengths = reader.raw(reader.u8());
  if (!reader.ok()) return std::nullopt;
  page.header_size = kPageHeader + lengths.size();
  page.size = page.header_size;
  for (const std::uint8_t length : lengths) page.size += length;
  return page;
}

// How a stream counts, by its first packet.
struct Stream {
  std::string_view form = "ogg";
  std::uint32_t channels = 0;
  std::uint32_t rate = 0;
  std::uint32_t counts_per_second = 0;  // 0: not known
  std::uint64_t skipped = 0;            // counts before the sound
};

Stream stream_of(ByteView packet) {
  ByteReader reader(packet);
  const std::string_view text = text_of(packet);
  Stream stream;
  if (text.starts_with("OpusHead")) {
    reader.raw(9);
    stream = {.form = "ogg/opus", .channels = reader.u8(), .counts_per_second = kOpusRate};
    stream.skipped = reader.u16();
    stream.rate = reader.u32();
  } else if (text.starts_with("\x01vorbis")) {
    reader.raw(11);
    stream = {.form = "ogg/vorbis", .channels = reader.u8()};
    stream.rate = stream.counts_per_second = reader.u32();
  } else if (text.starts_with("Speex   ")) {
    reader.raw(36);
    stream = {.form = "ogg/speex"};
    stream.rate = stream.counts_per_second = reader.u32();
    reader.raw(8);
    stream.channels = reader.u32();
  } else if (text.starts_with("\x7f"
                              "FLAC")) {
    reader.raw(27);  // its own header, and of the stream's up to the rate
    const ByteView rate = reader.raw(3);
    stream = {.form = "ogg/flac"};
    if (!reader.ok()) return stream;
    stream.rate = stream.counts_per_second =
        std::uint32_t{rate[0]} << 12U | std::uint32_t{rate[1]} << 4U | rate[2] >> 4U;
    stream.channels = (rate[2] >> 1U & 7U) + 1;
  }
  return reader.ok() ? stream : Stream{.form = stream.form};
}

struct End {
  bool is_cut = false;
  std::optional<std::uint64_t> granule;
};

// The last page, and the count of the last one that has any. The four letters may stand in sound as
// well, but hardly with all of a header behind them.
End end_of(ByteView tail, std::uint32_t serial) {
  const std::string_view text = text_of(tail);
  End end;
  bool is_last = true;
  for (std::size_t limit = text.size(); limit > 0 && !end.granule;) {
    const std::size_t at = text.rfind(kMagic, limit - 1);
    if (at == std::string_view::npos) break;
    limit = at;
    const auto page = page_at(tail.subspan(at));
    if (!page) {
      end.is_cut = end.is_cut || is_last;
      continue;
    }
    if (is_last && page->size > text.size() - at) end.is_cut = true;
    is_last = false;
    if (page->serial == serial && page->granule != kNoGranule) end.granule = page->granule;
  }
  return end;
}

}  // namespace

AudioFacts probe_ogg(const AudioBytes& bytes) {
  const auto first = page_at(bytes.head);
  if (!first || first->size > bytes.head.size()) {
    AudioFacts facts = unreadable("ogg");
    if (bytes.is_whole()) facts.state = AudioState::truncated;
    return facts;
  }
  const ByteView packet = bytes.head.first(first->size).subspan(first->header_size);
  const Stream stream = stream_of(packet);
  AudioFacts facts{.form = stream.form,
                   .channels = stream.channels,
                   .rate = stream.rate,
                   .duration_ms = std::nullopt};
  if (stream.counts_per_second == 0) return facts;
  const End end = end_of(bytes.tail, first->serial);
  if (end.granule) {
    const std::uint64_t counts = *end.granule - std::min(*end.granule, stream.skipped);
    facts.duration_ms = milliseconds_of(counts, stream.counts_per_second);
  }
  if (end.is_cut) {
    facts.state = AudioState::truncated;
  } else if (facts.duration_ms) {
    facts.state = *facts.duration_ms == 0 ? AudioState::empty : AudioState::sound;
  }
  return facts;
}

}  // namespace holdfast::records
