// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/audio_probe.h"

#include <algorithm>
#include <array>

#include "firmware/records/audio_probe_forms.h"
#include "hal/base/path.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kOldTagSize = 128;  // ID3v1, at the end of MP3
constexpr std::uint32_t kTelephoneRate = 8000;
constexpr std::uint32_t kNotKnown = 0xffff'ffff;

// What an ending promises. A form without a header has the bytes and samples of its frames.
struct Ending {
  std::string_view text;
  std::string_view form;
  std::uint32_t frame_size = 0;
  std::uint32_t frame_samples = 0;
};

constexpr std::array<Ending, 23> kEndings = {{
    {"wav", "wav"},
    {"wave", "wav"},
    {"au", "au"},
    {"snd", "au"},
    {"mp3", "mp3"},
    {"ogg", "ogg"},
    {"oga", "ogg"},
    {"opus", "ogg"},
    {"spx", "ogg"},
    {"flac", "flac"},
    {"amr", "amr"},
    {"awb", "amr"},
    {"gsm", "raw/gsm", 33, 160},
    {"al", "raw/a-law", 1, 1},
    {"alaw", "raw/a-law", 1, 1},
    {"pcma", "raw/a-law", 1, 1},
    {"ul", "raw/mu-law", 1, 1},
    {"ulaw", "raw/mu-law", 1, 1},
    {"pcmu", "raw/mu-law", 1, 1},
    {"sln", "raw/pcm", 2, 1},
    {"sw", "raw/pcm", 2, 1},
    {"g729", "raw/g729", 10, 80},
    {"g729a", "raw/g729", 10, 80},
}};

// Of the item's name, if it is one of those.
const Ending* ending_of(std::string_view path) {
  const std::string_view name = last_name_of(path);
  std::string text(name.substr(std::min(name.rfind('.'), name.size() - 1) + 1));
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  const auto* found = std::ranges::find(kEndings, text, &Ending::text);
  return found == kEndings.end() ? nullptr : found;
}

std::uint32_t big_endian(ByteReader& reader) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8U | reader.u8();
  return value;
}

// Bits of a sample by the number of an encoding of au; 0: not known.
std::uint32_t au_bits_of(std::uint32_t encoding) {
  constexpr std::array<std::uint8_t, 28> kBits = {0, 8, 8, 16, 24, 32, 32, 64, 0, 0, 0, 0, 0, 0,
                                                  0, 0, 0, 0,  0,  0,  0,  0,  0, 4, 0, 3, 5, 8};
  return encoding < kBits.size() ? kBits.at(encoding) : 0;
}

AudioFacts probe_au(const AudioBytes& bytes) {
  ByteReader reader(bytes.head);
  reader.raw(4);
  const std::uint64_t begin = big_endian(reader);
  std::uint64_t size = big_endian(reader);
  const std::uint32_t encoding = big_endian(reader);
  AudioFacts facts{.form = encoding == 1 ? "au/mu-law" : encoding == 27 ? "au/a-law" : "au"};
  facts.rate = big_endian(reader);
  facts.channels = big_endian(reader);
  if (!reader.ok() || begin > bytes.size) {
    facts.state = AudioState::truncated;
    return facts;
  }
  const std::uint64_t there = bytes.size - begin;
  if (size == kNotKnown) size = there;
  constexpr std::uint64_t kHeaderSize = 24;
  const std::uint64_t sample_bits = std::uint64_t{au_bits_of(encoding)} * facts.channels;
  if (begin < kHeaderSize || facts.rate == 0 || facts.channels == 0) {
    facts.state = AudioState::lying;
    return facts;
  }
  if (sample_bits == 0) return facts;
  facts.duration_ms = milliseconds_of(size * 8 / sample_bits, facts.rate);
  facts.state = size > there ? AudioState::truncated
                : size == 0  ? AudioState::empty
                             : AudioState::sound;
  return facts;
}

// Its frames say nothing of their size, so that the header can only be believed.
AudioFacts probe_flac(const AudioBytes& bytes) {
  AudioFacts facts{.form = "flac"};
  ByteReader reader(bytes.head);
  reader.raw(4);
  constexpr std::uint8_t kStreamInfo = 0;
  const bool is_stream_info = (reader.u8() & 0x7fU) == kStreamInfo;
  reader.raw(3 + 10);  // its length, and sizes of blocks and frames
  const std::uint32_t high = big_endian(reader);
  const std::uint64_t low = big_endian(reader);
  if (!reader.ok() || !is_stream_info) {
    facts.state = bytes.is_whole() ? AudioState::truncated : AudioState::unreadable;
    return facts;
  }
  facts.rate = high >> 12U;
  facts.channels = (high >> 9U & 7U) + 1;
  const std::uint64_t samples = std::uint64_t{high & 0xfU} << 32U | low;
  facts.state = facts.rate == 0 ? AudioState::lying : AudioState::sound;
  if (samples > 0) facts.duration_ms = milliseconds_of(samples, facts.rate);
  return facts;
}

// Frames of 20 ms, each with its size in its first byte. All that are looked at have one size, so
// the others have too; or the whole file was looked at.
AudioFacts probe_amr(const AudioBytes& bytes) {
  constexpr std::string_view kWide = "#!AMR-WB\n";
  constexpr std::array<std::uint8_t, 16> kSizes = {13, 14, 16, 18, 20, 21, 27, 32,
                                                   6,  0,  0,  0,  0,  0,  0,  1};
  constexpr std::array<std::uint8_t, 16> kWideSizes = {18, 24, 33, 37, 41, 47, 51, 59,
                                                       61, 6,  0,  0,  0,  0,  1,  1};
  const bool is_wide = text_of(bytes.head).starts_with(kWide);
  AudioFacts facts{.form = is_wide ? "amr-wb" : "amr", .channels = 1};
  facts.rate = is_wide ? 16'000 : kTelephoneRate;
  const std::size_t begin = is_wide ? kWide.size() : 6;
  std::uint64_t frames = 0;
  std::size_t size = 0;  // of a frame; 0: they differ
  std::size_t at = begin;
  for (; at < bytes.head.size(); ++frames) {
    const std::size_t next = (is_wide ? kWideSizes : kSizes).at(bytes.head[at] >> 3U & 0xfU);
    if (next == 0) {
      facts.state = AudioState::lying;
      return facts;
    }
    size = frames == 0 || size == next ? next : 0;
    at += next;
  }
  constexpr std::uint64_t kFramesPerSecond = 50;
  facts.state = frames == 0 ? AudioState::empty : AudioState::sound;
  if (bytes.is_whole()) {
    if (at > bytes.size) facts.state = AudioState::truncated;
  } else if (size != 0) {
    frames = (bytes.size - begin) / size;
  } else {
    return facts;
  }
  facts.duration_ms = milliseconds_of(frames, kFramesPerSecond);
  return facts;
}

AudioFacts probe_raw(const AudioBytes& bytes, const Ending& ending) {
  AudioFacts facts{.form = ending.form, .channels = 1, .rate = kTelephoneRate};
  if (ending.form == "raw/gsm") {
    constexpr std::uint8_t kGsmMark = 0xd0;
    for (std::size_t at = 0; at < bytes.head.size(); at += ending.frame_size) {
      if ((bytes.head[at] & 0xf0U) != kGsmMark) return unreadable(ending.form);
    }
  }
  facts.duration_ms =
      milliseconds_of(bytes.size / ending.frame_size * ending.frame_samples, kTelephoneRate);
  const bool is_cut = bytes.size % ending.frame_size != 0;
  facts.state = is_cut ? AudioState::truncated : AudioState::sound;
  return facts;
}

bool is_wav(std::string_view head) {
  return (head.starts_with("RIFF") || head.starts_with("RF64") || head.starts_with("BW64")) &&
         head.substr(4).size() >= 8 && head.substr(8, 4) == "WAVE";
}

}  // namespace

std::size_t audio_tail_size(ByteView head) {
  const std::string_view text = text_of(head);
  if (text.starts_with("OggS")) return kAudioTailSize;
  const bool is_mp3 = text.starts_with("ID3") || text.starts_with('\xff');
  return is_mp3 ? kOldTagSize : 0;
}

AudioFacts probe_audio(std::string_view name, ByteView head, ByteView tail, std::uint64_t size) {
  const Ending* ending = ending_of(name);
  AudioFacts facts;
  if (size == 0) {
    // A recording is called by one of the endings, or has none at all.
    const bool is_audio = ending != nullptr || !last_name_of(name).contains('.');
    if (is_audio) facts.state = AudioState::empty;
    return facts;
  }
  if (head.empty() || head.size() > size) return facts;
  const AudioBytes bytes{.head = head.first(std::min(head.size(), kAudioHeadSize)),
                         .tail = tail.last(std::min<std::uint64_t>(tail.size(), size)),
                         .size = size};
  const std::string_view text = text_of(bytes.head);
  if (is_wav(text)) return probe_wav(bytes);
  if (text.starts_with("OggS")) return probe_ogg(bytes);
  if (text.starts_with(".snd")) return probe_au(bytes);
  if (text.starts_with("fLaC")) return probe_flac(bytes);
  if (text.starts_with("#!AMR\n") || text.starts_with("#!AMR-WB\n")) return probe_amr(bytes);
  const bool is_named_mp3 = ending != nullptr && ending->form == "mp3";
  if (text.starts_with("ID3") || text.starts_with('\xff') || is_named_mp3) {
    const AudioFacts mp3 = probe_mp3(bytes, is_named_mp3);
    if (mp3.state != AudioState::unreadable || is_named_mp3) return mp3;
  }
  if (ending == nullptr) return facts;
  return ending->frame_size > 0 ? probe_raw(bytes, *ending) : unreadable(ending->form);
}

}  // namespace holdfast::records
