// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/audio/sound.h"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "hal/base/check.h"

namespace holdfast::linux {

namespace {

constexpr std::size_t kPieceFrames = 4096;
constexpr std::uint32_t kRateMax = 384'000;

// What is heard of recordings without a header, as recorders of telephone calls leave them.
struct Headless {
  std::string_view ending;
  int form;
};
constexpr std::array kHeadless = {
    Headless{"gsm", SF_FORMAT_GSM610}, Headless{"vox", SF_FORMAT_VOX_ADPCM},
    Headless{"alaw", SF_FORMAT_ALAW},  Headless{"al", SF_FORMAT_ALAW},
    Headless{"ulaw", SF_FORMAT_ULAW},  Headless{"ul", SF_FORMAT_ULAW},
    Headless{"pcmu", SF_FORMAT_ULAW},  Headless{"pcma", SF_FORMAT_ALAW},
    Headless{"sln", SF_FORMAT_PCM_16},
};

// Where libsndfile reads.
struct Tape {
  ByteView bytes;
  std::size_t at = 0;
};

Tape& tape_of(void* user) {
  return *static_cast<Tape*>(user);
}

sf_count_t tape_size(void* user) {
  return static_cast<sf_count_t>(tape_of(user).bytes.size());
}

sf_count_t tape_seek(sf_count_t offset, int whence, void* user) {
  Tape& tape = tape_of(user);
  sf_count_t from = 0;
  if (whence == SEEK_CUR) from = static_cast<sf_count_t>(tape.at);
  if (whence == SEEK_END) from = tape_size(user);
  // Numbers of a hostile header.
  sf_count_t to = 0;
  if (__builtin_add_overflow(from, offset, &to)) return -1;
  if (to < 0 || to > tape_size(user)) return -1;
  tape.at = static_cast<std::size_t>(to);
  return to;
}

sf_count_t tape_read(void* out, sf_count_t count, void* user) {
  Tape& tape = tape_of(user);
  if (count <= 0) return 0;
  const std::size_t size = std::min(static_cast<std::size_t>(count), tape.bytes.size() - tape.at);
  if (size > 0) std::memcpy(out, tape.bytes.data() + tape.at, size);
  tape.at += size;
  return static_cast<sf_count_t>(size);
}

sf_count_t tape_tell(void* user) {
  return static_cast<sf_count_t>(tape_of(user).at);
}

// What Chromium, Firefox and Safari have in common.
bool is_plain(int format) {
  const int container = format & SF_FORMAT_TYPEMASK;
  const int form = format & SF_FORMAT_SUBMASK;
  if (container == SF_FORMAT_FLAC) return true;
  const bool is_wave = container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX;
  return is_wave && (form == SF_FORMAT_PCM_U8 || form == SF_FORMAT_PCM_16);
}

std::string form_of(int format) {
  SF_FORMAT_INFO info{};
  info.format = format & SF_FORMAT_SUBMASK;
  const bool is_known = sf_command(nullptr, SFC_GET_FORMAT_INFO, &info, sizeof info) == 0;
  return is_known && info.name != nullptr ? info.name : "";
}

std::int16_t sample_of(float value) {
  constexpr float kScale = 32768;
  if (!(value > -1)) return std::isnan(value) ? 0 : -32768;
  return static_cast<std::int16_t>(std::min(std::lrint(value * kScale), 32767L));
}

void put(Bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

void put(Bytes& out, std::uint64_t number, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

}  // namespace

struct Sound::File {
  Tape tape;
  SF_INFO info{};
  SNDFILE* handle = nullptr;

  explicit File(ByteView bytes) : tape{bytes} {}
  ~File() {
    if (handle != nullptr) sf_close(handle);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool open(int format) {
    SF_VIRTUAL_IO access{tape_size, tape_seek, tape_read, nullptr, tape_tell};
    tape.at = 0;
    info = {};
    if (format != 0) info = {0, 8000, 1, format, 0, 0};
    handle = sf_open_virtual(&access, SFM_READ, &info, &tape);
    return handle != nullptr;
  }
};

Sound::Sound(std::unique_ptr<File> file) : file_(std::move(file)) {
  const SF_INFO& info = file_->info;
  facts_ = {static_cast<std::uint32_t>(info.samplerate), static_cast<std::uint32_t>(info.channels),
            static_cast<std::uint64_t>(info.frames), is_plain(info.format), form_of(info.format)};
  piece_.resize(kPieceFrames * facts_.channels);
}

Sound::~Sound() = default;

std::optional<SoundFault> Sound::open(ByteView recording, std::string_view ending,
                                      std::unique_ptr<Sound>& out) {
  auto file = std::make_unique<File>(recording);
  bool is_open = file->open(0);
  if (!is_open) {
    const auto* found = std::ranges::find(kHeadless, ending, &Headless::ending);
    is_open = found != kHeadless.end() && file->open(SF_FORMAT_RAW | found->form);
  }
  const SF_INFO& info = file->info;
  const bool is_sound = is_open && info.frames >= 0 && info.channels > 0 && info.samplerate > 0;
  if (!is_sound || info.samplerate > static_cast<int>(kRateMax)) return SoundFault::form;
  if (info.channels > static_cast<int>(kChannelsMax)) return SoundFault::form;
  const auto frame_size = static_cast<std::uint64_t>(info.channels) * sizeof(std::int16_t);
  if (static_cast<std::uint64_t>(info.frames) > kWaveMax / frame_size) return SoundFault::large;
  out = std::unique_ptr<Sound>(new Sound(std::move(file)));
  return std::nullopt;
}

// As floats: of 16 bits they are exact, and all else is scaled alike.
std::size_t Sound::read(std::span<std::int16_t> samples) {
  const std::size_t channels = facts_.channels;
  const std::size_t wanted =
      std::min<std::uint64_t>(samples.size() / channels, facts_.frames - at_);
  std::size_t done = 0;
  while (done < wanted) {
    const std::size_t ask = std::min(wanted - done, kPieceFrames);
    const auto got = sf_readf_float(file_->handle, piece_.data(), static_cast<sf_count_t>(ask));
    const std::size_t frames =
        std::min(static_cast<std::size_t>(std::max<sf_count_t>(got, 0)), ask);
    std::fill(piece_.begin() + static_cast<std::ptrdiff_t>(frames * channels), piece_.end(), 0.0F);
    std::transform(piece_.begin(), piece_.begin() + static_cast<std::ptrdiff_t>(ask * channels),
                   samples.begin() + static_cast<std::ptrdiff_t>(done * channels), sample_of);
    done += ask;
  }
  at_ += wanted;
  return wanted;
}

std::uint64_t wave_size(const SoundFacts& facts) {
  return kWaveHeaderSize + facts.frames * facts.channels * sizeof(std::int16_t);
}

Bytes wave_header(const SoundFacts& facts) {
  const std::uint64_t size = wave_size(facts);
  const std::uint64_t frame = facts.channels * sizeof(std::int16_t);
  Bytes out;
  put(out, "RIFF");
  put(out, size - 8, 4);
  put(out, "WAVEfmt ");
  put(out, 16, 4);
  put(out, 1, 2);  // PCM
  put(out, facts.channels, 2);
  put(out, facts.rate, 4);
  put(out, facts.rate * frame, 4);
  put(out, frame, 2);
  put(out, 16, 2);
  put(out, "data");
  put(out, size - kWaveHeaderSize, 4);
  HF_CHECK(out.size() == kWaveHeaderSize);
  return out;
}

std::vector<std::int8_t> peaks_of(Sound& sound, std::uint32_t count) {
  const SoundFacts& facts = sound.facts();
  const std::size_t channels = facts.channels;
  const auto parts = static_cast<std::size_t>(std::min<std::uint64_t>(count, facts.frames));
  std::vector<std::int8_t> peaks(parts * channels * 2);
  std::vector<std::int16_t> samples(kPieceFrames * channels);
  std::uint64_t frame = 0;
  std::size_t part = 0;
  bool is_first = true;
  while (const std::size_t got = sound.read(samples)) {
    for (std::size_t i = 0; i < got; ++i, ++frame) {
      while (frame * parts / facts.frames > part) {
        ++part;
        is_first = true;
      }
      for (std::size_t channel = 0; channel < channels; ++channel) {
        const auto height = static_cast<std::int8_t>(samples[i * channels + channel] >> 8);
        std::int8_t* pair = &peaks[(channel * parts + part) * 2];
        pair[0] = is_first ? height : std::min(pair[0], height);
        pair[1] = is_first ? height : std::max(pair[1], height);
      }
      is_first = false;
    }
  }
  return peaks;
}

}  // namespace holdfast::linux
