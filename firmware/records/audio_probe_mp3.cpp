// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "firmware/records/audio_probe_forms.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kFrameHeader = 4;
constexpr std::size_t kTagHeader = 10;
constexpr std::size_t kOldTagSize = 128;  // ID3v1, at the end

struct Frame {
  bool is_mpeg1 = false;
  std::uint32_t layer = 0;
  std::uint32_t bits_per_second = 0;
  std::uint32_t rate = 0;
  std::uint32_t channels = 0;
  std::uint32_t samples = 0;
  std::size_t size = 0;
};

using Row = std::array<std::uint16_t, 15>;
constexpr Row kMpeg1Layer1 = {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448};
constexpr Row kMpeg1Layer2 = {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384};
constexpr Row kMpeg1Layer3 = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
constexpr Row kMpeg2Layer1 = {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256};
constexpr Row kMpeg2Layer23 = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};

const Row& kilobits_of(bool is_mpeg1, std::uint32_t layer) {
  if (is_mpeg1) return layer == 1 ? kMpeg1Layer1 : layer == 2 ? kMpeg1Layer2 : kMpeg1Layer3;
  return layer == 1 ? kMpeg2Layer1 : kMpeg2Layer23;
}

std::optional<Frame> frame_at(ByteView bytes) {
  if (bytes.size() < kFrameHeader || bytes[0] != 0xff || (bytes[1] & 0xe0U) != 0xe0U) {
    return std::nullopt;
  }
  const std::uint32_t version = bytes[1] >> 3U & 3U;  // 0: 2.5, 2: 2, 3: 1
  const std::uint32_t layer_bits = bytes[1] >> 1U & 3U;
  const std::uint32_t bit_rate = bytes[2] >> 4U;
  const std::uint32_t rate = bytes[2] >> 2U & 3U;
  if (version == 1 || layer_bits == 0 || bit_rate == 0 || bit_rate == 15 || rate == 3) {
    return std::nullopt;
  }
  constexpr std::array<std::uint32_t, 3> kRates = {44'100, 48'000, 32'000};
  Frame frame;
  frame.is_mpeg1 = version == 3;
  frame.layer = 4 - layer_bits;
  frame.rate = kRates.at(rate) / (version == 3 ? 1 : version == 2 ? 2 : 4);
  frame.bits_per_second = kilobits_of(frame.is_mpeg1, frame.layer).at(bit_rate) * 1000U;
  frame.channels = bytes[3] >> 6U == 3 ? 1 : 2;
  frame.samples = frame.layer == 1 ? 384 : frame.layer == 3 && !frame.is_mpeg1 ? 576 : 1152;
  const std::uint32_t padding = bytes[2] >> 1U & 1U;
  if (frame.layer == 1) {
    frame.size = (12 * frame.bits_per_second / frame.rate + padding) * 4;
  } else {
    frame.size = frame.samples / 8 * frame.bits_per_second / frame.rate + padding;
  }
  return frame;
}

bool is_alike(const Frame& left, const Frame& right) {
  return left.is_mpeg1 == right.is_mpeg1 && left.layer == right.layer && left.rate == right.rate;
}

// A frame that another one follows, or the end of the file.
std::optional<Frame> proved_frame_at(const AudioBytes& bytes, std::size_t at) {
  const auto frame = frame_at(bytes.head.subspan(at));
  if (!frame) return std::nullopt;
  const std::size_t next = at + frame->size;
  if (next == bytes.size) return frame;
  if (next > bytes.head.size()) return std::nullopt;
  const auto second = frame_at(bytes.head.subspan(next));
  if (!second || !is_alike(*frame, *second)) return std::nullopt;
  return frame;
}

// Where the sound begins by the tag before it, which may lie beyond what is looked at.
std::uint64_t end_of_tag(ByteView head) {
  if (!text_of(head).starts_with("ID3") || head.size() < kTagHeader) return 0;
  std::uint64_t size = 0;
  for (std::size_t i = 6; i < kTagHeader; ++i) size = size << 7U | (head[i] & 0x7fU);
  constexpr std::uint8_t kHasFooter = 0x10;
  return kTagHeader + size + ((head[5] & kHasFooter) != 0 ? kTagHeader : 0);
}

// What the first frame says of all of them, in place of sound.
struct Summary {
  std::uint64_t frames = 0;  // 0: not said
  std::uint64_t bytes = 0;   // 0: not said
};

std::uint32_t big_endian(ByteView bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.first(4)) value = value << 8U | byte;
  return value;
}

std::optional<Summary> summary_in(ByteView frame_bytes, const Frame& frame) {
  constexpr std::size_t kSummarySize = 16;
  constexpr std::size_t kVbriAt = 36;
  const bool is_mono = frame.channels == 1;
  const std::size_t xing_at =
      kFrameHeader + (frame.is_mpeg1 ? (is_mono ? 17 : 32) : (is_mono ? 9 : 17));
  if (frame_bytes.size() < kVbriAt + 18) return std::nullopt;
  const ByteView xing = frame_bytes.subspan(xing_at, kSummarySize);
  const std::string_view name = text_of(xing.first(4));
  if (name == "Xing" || name == "Info") {
    const std::uint32_t flags = big_endian(xing.subspan(4));
    Summary summary;
    std::size_t at = 8;
    if ((flags & 1U) != 0) {
      summary.frames = big_endian(xing.subspan(at));
      at += 4;
    }
    if ((flags & 2U) != 0) summary.bytes = big_endian(xing.subspan(at));
    return summary;
  }
  const ByteView vbri = frame_bytes.subspan(kVbriAt);
  if (text_of(vbri.first(4)) != "VBRI") return std::nullopt;
  return Summary{big_endian(vbri.subspan(14)), big_endian(vbri.subspan(10))};
}

// Without a summary: all frames that are looked at have one rate of bits, so the others have too;
// or the whole file was looked at.
std::optional<std::int64_t> duration_by_frames(const AudioBytes& bytes, std::size_t at,
                                               std::uint64_t end, const Frame& first) {
  bool is_constant = true;
  std::uint64_t samples = 0;
  std::size_t position = at;
  while (position < bytes.head.size()) {
    const auto frame = frame_at(bytes.head.subspan(position));
    if (!frame || !is_alike(first, *frame)) break;
    is_constant = is_constant && frame->bits_per_second == first.bits_per_second;
    samples += frame->samples;
    position += frame->size;
  }
  if (bytes.is_whole()) return milliseconds_of(samples, first.rate);
  if (!is_constant) return std::nullopt;
  return milliseconds_of((end - at) * 8, first.bits_per_second);
}

}  // namespace

AudioFacts probe_mp3(const AudioBytes& bytes, bool is_named) {
  const std::uint64_t tag_end = end_of_tag(bytes.head);
  if (tag_end > bytes.size) {
    AudioFacts facts = unreadable("mp3");
    facts.state = AudioState::truncated;
    return facts;
  }
  AudioFacts facts{.form = "mp3"};
  if (tag_end == bytes.size && tag_end > 0) facts.state = AudioState::empty;
  if (tag_end >= bytes.head.size()) return facts;
  auto at = static_cast<std::size_t>(tag_end);
  auto frame = proved_frame_at(bytes, at);
  while (!frame && (is_named || tag_end > 0) && ++at < bytes.head.size()) {
    frame = proved_frame_at(bytes, at);
  }
  if (!frame) return unreadable("mp3");
  facts.channels = frame->channels;
  facts.rate = frame->rate;
  facts.state = AudioState::sound;
  std::uint64_t end = bytes.size;
  const std::string_view tail = text_of(bytes.tail);
  if (tail.size() >= kOldTagSize && tail.substr(tail.size() - kOldTagSize).starts_with("TAG")) {
    end -= kOldTagSize;
  }
  const auto summary = summary_in(bytes.head.subspan(at), *frame);
  if (summary && summary->frames > 0) {
    facts.duration_ms = milliseconds_of(summary->frames * frame->samples, frame->rate);
    if (at + summary->bytes > bytes.size) facts.state = AudioState::truncated;
  } else {
    facts.duration_ms = duration_by_frames(bytes, at, end, *frame);
  }
  return facts;
}

}  // namespace holdfast::records
