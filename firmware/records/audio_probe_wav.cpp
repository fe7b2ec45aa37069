// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "firmware/records/audio_probe_forms.h"

namespace holdfast::records {

namespace {

enum Tag : std::uint16_t {
  kPcm = 1,
  kMsAdpcm = 2,
  kFloat = 3,
  kALaw = 6,
  kMuLaw = 7,
  kImaAdpcm = 0x11,
  kGsm = 0x31,
  kMpegLayer3 = 0x55,
  kG729 = 0x83,
  kExtensible = 0xfffe,
};

constexpr std::uint32_t kNotKnown = 0xffff'ffff;
// Larger sizes than what is there come from writers that could not go back: sox has this one.
constexpr std::uint32_t kStreamed = 0x7fff'f000;
// What editors put behind a file without telling the header (a tag, padding).
constexpr std::uint64_t kStrayBytesMax = 4 * kKiB;

struct Header {
  std::uint64_t riff_end = 0;  // of the file, by its first size
  std::optional<std::uint64_t> data_size_64;
  bool has_format = false;
  std::uint16_t tag = 0;
  std::uint32_t channels = 0;
  std::uint32_t rate = 0;
  std::uint32_t bytes_per_second = 0;
  std::uint32_t block_size = 0;
  std::uint32_t bits = 0;
  std::uint32_t block_samples = 0;  // of one channel; 0: not said
  std::uint64_t fact_samples = 0;
  bool has_data = false;
  std::uint64_t data_begin = 0;
  std::uint64_t data_size = 0;
  std::uint64_t walked = 0;  // end of the last chunk that was told
};

std::string_view form_of(std::uint16_t tag) {
  switch (tag) {
    case kPcm:
      return "wav/pcm";
    case kMsAdpcm:
      return "wav/ms-adpcm";
    case kFloat:
      return "wav/float";
    case kALaw:
      return "wav/a-law";
    case kMuLaw:
      return "wav/mu-law";
    case kImaAdpcm:
      return "wav/ima-adpcm";
    case kGsm:
      return "wav/gsm";
    case kMpegLayer3:
      return "wav/mp3";
    case kG729:
      return "wav/g729";
    default:
      return "wav";
  }
}

void read_format(ByteReader reader, Header& header) {
  header.tag = reader.u16();
  header.channels = reader.u16();
  header.rate = reader.u32();
  header.bytes_per_second = reader.u32();
  header.block_size = reader.u16();
  header.bits = reader.u16();
  header.has_format = reader.ok();
  const std::uint16_t more = reader.u16();
  header.block_samples = reader.u16();  // of extensible: bits that are used
  if (header.tag != kExtensible) {
    if (more < 2 || !reader.ok()) header.block_samples = 0;
    return;
  }
  header.block_samples = 0;
  reader.u32();  // which channel is where
  const std::uint16_t tag = reader.u16();
  if (reader.ok()) header.tag = tag;
}

void read_chunk(std::string_view id, ByteView content, Header& header) {
  ByteReader reader(content);
  if (id == "fmt ") read_format(reader, header);
  if (id == "fact") header.fact_samples = reader.u32();
  if (id != "ds64") return;
  const std::uint64_t riff_size = reader.u64();
  const std::uint64_t data_size = reader.u64();
  if (!reader.ok()) return;
  header.riff_end = riff_size <= kNotKnown * kGiB ? riff_size + 8 : 0;
  header.data_size_64 = data_size;
}

// Goes through the chunks before the sound.
Header read_header(const AudioBytes& bytes) {
  Header header;
  ByteReader start(bytes.head);
  start.raw(4);
  header.riff_end = std::uint64_t{start.u32()} + 8;
  constexpr std::size_t kChunkHeader = 8;
  header.walked = 12;
  while (header.walked <= bytes.head.size() && bytes.head.size() - header.walked >= kChunkHeader) {
    const ByteView rest = bytes.head.subspan(header.walked);
    const std::string_view id = text_of(rest.first(4));
    ByteReader reader(rest.subspan(4));
    const std::uint64_t length = reader.u32();
    if (id == "data") {
      header.has_data = true;
      header.data_begin = header.walked + kChunkHeader;
      header.data_size = length;
      return header;
    }
    read_chunk(id, reader.raw(std::min<std::uint64_t>(length, reader.left())), header);
    header.walked += kChunkHeader + length + length % 2;
  }
  return header;
}

bool is_one_sample_a_block(std::uint16_t tag) {
  return tag == kPcm || tag == kFloat || tag == kALaw || tag == kMuLaw;
}

bool contradicts_itself(const Header& header) {
  if (header.channels == 0 || header.rate == 0 || header.block_size == 0) return true;
  if (is_one_sample_a_block(header.tag)) {
    return header.block_size != header.channels * ((header.bits + 7) / 8);
  }
  const bool needs_samples =
      header.tag == kGsm || header.tag == kImaAdpcm || header.tag == kMsAdpcm;
  return needs_samples && header.block_samples == 0;
}

// What the sound is by the number of its bytes. The samples that the header has apart are believed
// where they are those of a last block that is not full, or of a form that has no fixed blocks.
std::optional<std::int64_t> duration_of(const Header& header, std::uint64_t data_size) {
  if (is_one_sample_a_block(header.tag)) {
    return milliseconds_of(data_size / header.block_size, header.rate);
  }
  if (header.block_samples > 0 && header.tag != kMpegLayer3) {
    const std::uint64_t blocks = data_size / header.block_size;
    const std::uint64_t most =
        (blocks + (data_size % header.block_size == 0 ? 0 : 1)) * header.block_samples;
    const bool is_fact_right =
        header.fact_samples <= most &&
        header.fact_samples + header.block_samples > blocks * header.block_samples;
    return milliseconds_of(is_fact_right ? header.fact_samples : blocks * header.block_samples,
                           header.rate);
  }
  if (header.bytes_per_second == 0) return std::nullopt;
  return milliseconds_of(data_size, header.bytes_per_second);
}

// What stands behind the sound is told by the header: other chunks, or nothing of weight.
bool is_end_told(const AudioBytes& bytes, const Header& header, std::uint64_t data_end) {
  if (bytes.size <= data_end + kStrayBytesMax) return true;
  if (header.riff_end + kStrayBytesMax < bytes.size) return false;
  const std::uint64_t next = data_end + header.data_size % 2;
  if (next + 4 > bytes.head.size()) return true;
  return std::ranges::all_of(bytes.head.subspan(next, 4),
                             [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7f; });
}

AudioState judge_without_data(const AudioBytes& bytes, const Header& header) {
  if (header.walked > bytes.size) return AudioState::truncated;
  if (!bytes.is_whole()) return AudioState::unknown;  // other chunks fill all that is looked at
  return header.has_format ? AudioState::empty : AudioState::unreadable;
}

}  // namespace

AudioFacts probe_wav(const AudioBytes& bytes) {
  Header header = read_header(bytes);
  AudioFacts facts{.form = header.has_format ? form_of(header.tag) : "wav",
                   .channels = header.channels,
                   .rate = header.rate};
  if (!header.has_data) {
    facts.state = judge_without_data(bytes, header);
    return facts;
  }
  if (!header.has_format) return unreadable("wav");
  const std::uint64_t there = bytes.size - std::min(bytes.size, header.data_begin);
  if (header.data_size == kNotKnown && header.data_size_64) header.data_size = *header.data_size_64;
  const bool is_unfinished = header.data_size == 0 && header.riff_end != bytes.size;
  const bool is_streamed = header.data_size >= kStreamed && !header.data_size_64;
  if (is_unfinished || (is_streamed && header.data_size > there)) header.data_size = there;
  if (contradicts_itself(header)) {
    facts.state = AudioState::lying;
    return facts;
  }
  facts.duration_ms = duration_of(header, header.data_size);
  if (there == 0 || header.data_size == 0) {
    facts.state = AudioState::empty;
  } else if (header.data_size > there) {
    facts.state = AudioState::truncated;
  } else {
    const std::uint64_t data_end = header.data_begin + header.data_size;
    facts.state = is_end_told(bytes, header, data_end) ? AudioState::sound : AudioState::lying;
  }
  return facts;
}

}  // namespace holdfast::records
