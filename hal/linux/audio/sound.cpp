// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/audio/sound.h"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "hal/base/check.h"
#include "hal/linux/audio/sound_header.h"

namespace holdfast::linux {

namespace {

constexpr std::size_t kPieceFrames = 4096;
constexpr std::uint32_t kRateMax = 384'000;
// More than any form has whose blocks are all of one size.
constexpr std::uint64_t kSamplesOfByte = 5;

// GSM 6.10 gives for a block what depends on all blocks before it. So that nobody who seeks waits
// for them, what is heard is decoded anew for each minute, from two seconds before it on.
constexpr std::uint64_t kSegmentPieces = 120;
constexpr std::uint64_t kRunInPieces = 5;
struct GsmBlock {
  std::uint64_t size;  // bytes
  std::uint64_t frames;
};
constexpr GsmBlock kWaveGsm = {65, 320};
constexpr GsmBlock kRawGsm = {33, 160};
static_assert(kSegmentPieces * kPieceFrames % kWaveGsm.frames == 0);
static_assert(kRunInPieces * kPieceFrames % kWaveGsm.frames == 0);

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

// Where libsndfile reads: the recording, without the blocks before a segment.
struct Tape {
  ByteView bytes;
  std::size_t at = 0;
  std::size_t hole_at = 0;  // before it, and behind it by so much, stand the bytes of the tape
  std::size_t hole_size = 0;
  std::optional<Patch> patch;  // before the hole
  bool hides_end = false;      // so that nobody reckons from it how much sound there is

  [[nodiscard]] std::size_t size() const { return bytes.size() - hole_size; }
};

Tape& tape_of(void* user) {
  return *static_cast<Tape*>(user);
}

sf_count_t tape_size(void* user) {
  return static_cast<sf_count_t>(tape_of(user).size());
}

sf_count_t tape_seek(sf_count_t offset, int whence, void* user) {
  Tape& tape = tape_of(user);
  sf_count_t from = 0;
  if (whence == SEEK_CUR) from = static_cast<sf_count_t>(tape.at);
  if (whence == SEEK_END && tape.hides_end) return -1;
  if (whence == SEEK_END) from = tape_size(user);
  // Numbers of a hostile header.
  sf_count_t to = 0;
  if (__builtin_add_overflow(from, offset, &to)) return -1;
  if (to < 0 || to > tape_size(user)) return -1;
  tape.at = static_cast<std::size_t>(to);
  return to;
}

// `out` holds the bytes from there on.
void lay_over(const Patch& patch, std::size_t from, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < patch.bytes.size(); ++i) {
    const std::size_t at = patch.at + i;
    if (at >= from && at - from < out.size()) out[at - from] = patch.bytes[i];
  }
}

sf_count_t tape_read(void* out, sf_count_t count, void* user) {
  Tape& tape = tape_of(user);
  auto* to = static_cast<std::uint8_t*>(out);
  std::size_t left =
      std::min(static_cast<std::size_t>(std::max<sf_count_t>(count, 0)), tape.size() - tape.at);
  const auto all = static_cast<sf_count_t>(left);
  while (left > 0) {
    const bool is_before = tape.at < tape.hole_at;
    const std::size_t size = is_before ? std::min(left, tape.hole_at - tape.at) : left;
    const std::size_t from = is_before ? tape.at : tape.at + tape.hole_size;
    std::memcpy(to, tape.bytes.data() + from, size);
    if (tape.patch) lay_over(*tape.patch, from, std::span(to, size));
    tape.at += size;
    to += size;
    left -= size;
  }
  return all;
}

sf_count_t tape_tell(void* user) {
  return static_cast<sf_count_t>(tape_of(user).at);
}

bool is_wave(int format) {
  const int container = format & SF_FORMAT_TYPEMASK;
  return container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX;
}

// What Chromium and Firefox have in common; whatever else there is may ask for PCM.
bool is_plain(int format) {
  const int container = format & SF_FORMAT_TYPEMASK;
  const int form = format & SF_FORMAT_SUBMASK;
  if (container == SF_FORMAT_FLAC || container == SF_FORMAT_MPEG) return true;
  if (container == SF_FORMAT_OGG) return form == SF_FORMAT_VORBIS || form == SF_FORMAT_OPUS;
  return is_wave(format) && (form == SF_FORMAT_PCM_U8 || form == SF_FORMAT_PCM_16);
}

// Their blocks are of one size, and each is decoded by itself: seeking is exact.
bool has_own_blocks(int format) {
  const bool is_raw = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW;
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
      return is_raw || is_wave(format);
    case SF_FORMAT_IMA_ADPCM:
    case SF_FORMAT_MS_ADPCM:
      return is_wave(format);
    default:
      return false;
  }
}

// How long these are follows from how many bytes there are.
bool has_even_blocks(int format) {
  const bool is_raw = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW;
  const int form = format & SF_FORMAT_SUBMASK;
  return has_own_blocks(format) || is_raw || (is_wave(format) && form == SF_FORMAT_GSM610);
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
  HeaderNote note;
  int format = 0;  // of what has no header; 0: the header says it
  SF_INFO info{};
  SNDFILE* handle = nullptr;

  explicit File(ByteView bytes) : tape{.bytes = bytes, .patch = {}}, note(read_header(bytes)) {
    tape.patch = note.patch;
  }
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void close() {
    if (handle != nullptr) sf_close(handle);
    handle = nullptr;
  }

  // From its beginning on.
  bool open() {
    SF_VIRTUAL_IO access{tape_size, tape_seek, tape_read, nullptr, tape_tell};
    close();
    tape.at = 0;
    info = {};
    if (format != 0) info = {0, 8000, 1, format, 0, 0};
    handle = sf_open_virtual(&access, SFM_READ, &info, &tape);
    return handle != nullptr;
  }

  // Of an MP3 without a tag it is reckoned from its first blocks how long it is: what is behind so
  // much would never be heard. Told nothing, libsndfile goes on to the end.
  bool open_whole() {
    if (!open()) return false;
    if ((info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_MPEG) return true;
    tape.hides_end = true;
    return open();
  }

  // Frames that the header states; an Ogg has none.
  [[nodiscard]] std::optional<std::uint64_t> promised() const {
    if (note.frames) return note.frames;
    const bool is_ogg = (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG;
    // Nobody knew how long it would become when the header was written.
    if (is_ogg || info.frames == SF_COUNT_MAX) return std::nullopt;
    return static_cast<std::uint64_t>(info.frames);
  }

  // Bytes that were not decoded, as many as would be a second or more.
  [[nodiscard]] bool has_more(std::uint64_t frames) const {
    const std::uint64_t behind = tape.size() - tape.at;
    return behind * frames >= static_cast<std::uint64_t>(info.samplerate) * tape.at && behind > 0;
  }

  [[nodiscard]] GsmBlock gsm_block() const { return format != 0 ? kRawGsm : kWaveGsm; }

  // Once it has been opened, where its blocks of GSM begin: the first one has been read then.
  // Nothing: it is not laid out like this.
  [[nodiscard]] std::optional<std::size_t> gsm_begin() const {
    if ((info.format & SF_FORMAT_SUBMASK) != SF_FORMAT_GSM610 || info.channels != 1) return {};
    if (tape.at < gsm_block().size) return {};
    const std::size_t begin = tape.at - gsm_block().size;
    if (format != 0) return begin == 0 ? std::optional(begin) : std::nullopt;
    if ((info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_WAV || begin < 8) return {};
    if (text_of(tape.bytes.subspan(begin - 8, 4)) != "data") return {};
    return begin;
  }
};

Sound::Sound(std::unique_ptr<File> file) : file_(std::move(file)) {
  const SF_INFO& info = file_->info;
  facts_ = {.rate = static_cast<std::uint32_t>(info.samplerate),
            .channels = static_cast<std::uint32_t>(info.channels),
            .frames = static_cast<std::uint64_t>(info.frames),
            .is_plain = is_plain(info.format),
            .form = form_of(info.format)};
  piece_.resize(kPieceFrames * facts_.channels);
  const auto begin = file_->gsm_begin();
  reach_ = begin ? Reach::segments : Reach::beginning;
  if (has_own_blocks(info.format) && info.seekable != 0) reach_ = Reach::anywhere;
  if (begin) file_->tape.hole_at = *begin;
}

Sound::~Sound() = default;

std::optional<SoundFault> Sound::open(ByteView recording, std::string_view ending,
                                      std::unique_ptr<Sound>& out) {
  auto file = std::make_unique<File>(recording);
  bool is_open = file->open_whole();
  if (!is_open) {
    const auto* found = std::ranges::find(kHeadless, ending, &Headless::ending);
    if (found == kHeadless.end()) return SoundFault::form;
    file->format = SF_FORMAT_RAW | found->form;
    is_open = file->open();
  }
  const SF_INFO& info = file->info;
  const bool is_sound = is_open && info.frames >= 0 && info.channels > 0 && info.samplerate > 0;
  if (!is_sound || info.samplerate > static_cast<int>(kRateMax)) return SoundFault::form;
  if (info.channels > static_cast<int>(kChannelsMax)) return SoundFault::form;
  const auto channels = static_cast<std::uint64_t>(info.channels);
  const std::uint64_t bytes_max = recording.size();
  const bool is_even = has_even_blocks(info.format) && static_cast<std::uint64_t>(info.frames) <=
                                                           bytes_max * kSamplesOfByte / channels;
  std::unique_ptr<Sound> sound(new Sound(std::move(file)));
  if (!is_even) {
    if (const auto fault = sound->count_frames()) return fault;
  }
  sound->compare_bytes();
  const auto frame_size = channels * sizeof(std::int16_t);
  if (sound->facts_.frames > kWaveMax / frame_size) return SoundFault::large;
  out = std::move(sound);
  return std::nullopt;
}

// From the beginning to the end.
std::uint64_t Sound::count_decoded() {
  const std::uint64_t most = kWaveMax / (facts_.channels * sizeof(std::int16_t));
  std::uint64_t frames = 0;
  while (frames <= most) {
    const auto got = sf_readf_float(file_->handle, piece_.data(), kPieceFrames);
    if (got <= 0) break;
    frames += static_cast<std::uint64_t>(got);
  }
  return frames;
}

std::optional<SoundFault> Sound::count_frames() {
  File& file = *file_;
  const auto promised = file.promised();
  std::uint64_t frames = count_decoded();
  if (frames == 0 && promised.value_or(0) > 0) return SoundFault::hollow;
  bool has_more = file.has_more(frames);
  const bool is_mp3 = (file.info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
  if (has_more && is_mp3 && promised) {
    file.tape.patch = without_tag(file.tape.bytes);
    if (!file.open()) return SoundFault::form;
    const std::uint64_t all = count_decoded();
    if (all >= frames + facts_.rate)
      frames = all;
    else
      file.tape.patch.reset();
    has_more = frames == all && file.has_more(frames);
  }
  facts_.frames = frames;
  facts_.is_more = has_more;
  facts_.is_cut = promised && *promised > frames && *promised - frames >= facts_.rate;
  // Players believe the header.
  const bool is_short = promised && frames > *promised && frames - *promised >= facts_.rate;
  facts_.is_plain = facts_.is_plain && !facts_.is_cut && !is_short;
  return file.open() ? std::nullopt : std::optional(SoundFault::form);
}

// Where bytes have one length in time, those that there are not, and those behind, have it too.
void Sound::compare_bytes() {
  const HeaderNote& note = file_->note;
  const auto is_long = [&](std::uint64_t bytes) {
    return bytes > 0 && bytes * facts_.frames >= note.bytes_there * facts_.rate;
  };
  facts_.is_cut = facts_.is_cut || is_long(note.bytes_missing);
  facts_.is_more = facts_.is_more || is_long(note.bytes_behind);
  facts_.is_plain = facts_.is_plain && !facts_.is_cut && !note.is_unfinished;
}

// The decoder is to go on in the segment of that piece, which is not behind it.
void Sound::enter_segment(std::uint64_t piece) {
  const std::uint64_t segment = piece / kSegmentPieces;
  if (std::exchange(segment_, segment) == segment) return;
  next_piece_ = segment * kSegmentPieces - kRunInPieces;
  const GsmBlock block = file_->gsm_block();
  Tape& tape = file_->tape;
  const std::uint64_t hole = next_piece_ * kPieceFrames / block.frames * block.size;
  tape.hole_size = std::min<std::uint64_t>(hole, tape.bytes.size() - tape.hole_at);
  const SF_INFO before = file_->info;
  const bool is_same = file_->open() && file_->info.format == before.format &&
                       file_->info.channels == before.channels;
  file_->info = before;
  if (!is_same) file_->close();
}

void Sound::skip_to(std::uint64_t frame) {
  HF_CHECK(frame >= at_);
  at_ = std::min(frame, facts_.frames);
}

// What a decoder gives may depend on how much it was asked for: so it is whole pieces, always.
void Sound::load(std::uint64_t piece) {
  if (next_piece_ == piece + 1) return;
  if (reach_ == Reach::anywhere && next_piece_ != piece) {
    const auto place = static_cast<sf_count_t>(piece * kPieceFrames);
    if (sf_seek(file_->handle, place, SEEK_SET) == place) next_piece_ = piece;
  }
  if (reach_ == Reach::segments) enter_segment(piece);
  for (; next_piece_ <= piece; ++next_piece_) read_piece();
}

// What does not come is silence.
void Sound::read_piece() {
  std::size_t done = 0;
  while (done < kPieceFrames && file_->handle != nullptr) {
    const auto got = sf_readf_float(file_->handle, piece_.data() + done * facts_.channels,
                                    static_cast<sf_count_t>(kPieceFrames - done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  std::fill(piece_.begin() + static_cast<std::ptrdiff_t>(done * facts_.channels), piece_.end(),
            0.0F);
}

// As floats: of 16 bits they are exact, and all else is scaled alike.
std::size_t Sound::read(std::span<std::int16_t> samples) {
  const std::size_t channels = facts_.channels;
  const std::size_t wanted =
      std::min<std::uint64_t>(samples.size() / channels, facts_.frames - at_);
  std::size_t done = 0;
  while (done < wanted) {
    load(at_ / kPieceFrames);
    const std::size_t begin = at_ % kPieceFrames;
    const std::size_t frames = std::min(wanted - done, kPieceFrames - begin);
    const auto from = piece_.begin() + static_cast<std::ptrdiff_t>(begin * channels);
    std::transform(from, from + static_cast<std::ptrdiff_t>(frames * channels),
                   samples.begin() + static_cast<std::ptrdiff_t>(done * channels), sample_of);
    done += frames;
    at_ += frames;
  }
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
