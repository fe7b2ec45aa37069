// SPDX-License-Identifier: Apache-2.0
// The decoder of recordings and the sandbox around it.
#include <fcntl.h>
#include <sndfile.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <functional>

#include "hal/linux/audio/sandbox.h"
#include "hal/linux/audio/sound.h"
#include "tests/conformance/support.h"

namespace holdfast::linux {
namespace {

// How a process ends that does this in the sandbox: "exit 7", "signal 31".
std::string end_of(const std::function<int()>& act, std::uint32_t cpu_seconds = 10) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!enter_sandbox({.memory_max = 512U << 20, .cpu_seconds = cpu_seconds})) end_sandboxed(99);
    end_sandboxed(act());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

const std::string kRefused = "signal " + std::to_string(SIGSYS);

Bytes wave_of(const SoundFacts& facts, const std::vector<std::int16_t>& samples) {
  Bytes file = wave_header(facts);
  for (const std::int16_t sample : samples) {
    file.push_back(static_cast<std::uint8_t>(sample & 0xFF));
    file.push_back(static_cast<std::uint8_t>((sample >> 8) & 0xFF));
  }
  return file;
}

// Something like speech: loud and soft, high and low.
std::vector<std::int16_t> voice(std::size_t count) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double at = static_cast<double>(i) / 8000;
    const double loud = 6000 + 5000 * std::sin(at * 9);
    samples[i] = static_cast<std::int16_t>(loud * std::sin(at * (900 + 300 * std::sin(at * 2))) +
                                           300 * std::sin(at * 7001));
  }
  return samples;
}

// A file in memory that libsndfile writes and reads.
struct Paper {
  Bytes bytes;
  std::size_t at = 0;
};

Paper& paper_of(void* user) {
  return *static_cast<Paper*>(user);
}

SF_VIRTUAL_IO paper_access() {
  return {[](void* user) { return static_cast<sf_count_t>(paper_of(user).bytes.size()); },
          [](sf_count_t offset, int whence, void* user) {
            Paper& paper = paper_of(user);
            sf_count_t from = whence == SEEK_CUR ? static_cast<sf_count_t>(paper.at) : 0;
            if (whence == SEEK_END) from = static_cast<sf_count_t>(paper.bytes.size());
            paper.at = static_cast<std::size_t>(from + offset);
            return from + offset;
          },
          [](void* out, sf_count_t count, void* user) {
            Paper& paper = paper_of(user);
            const std::size_t size =
                std::min(static_cast<std::size_t>(count), paper.bytes.size() - paper.at);
            std::copy_n(paper.bytes.begin() + static_cast<std::ptrdiff_t>(paper.at), size,
                        static_cast<std::uint8_t*>(out));
            paper.at += size;
            return static_cast<sf_count_t>(size);
          },
          [](const void* from, sf_count_t count, void* user) {
            Paper& paper = paper_of(user);
            const auto size = static_cast<std::size_t>(count);
            paper.bytes.resize(std::max(paper.bytes.size(), paper.at + size));
            std::copy_n(static_cast<const std::uint8_t*>(from), size,
                        paper.bytes.begin() + static_cast<std::ptrdiff_t>(paper.at));
            paper.at += size;
            return count;
          },
          [](void* user) { return static_cast<sf_count_t>(paper_of(user).at); }};
}

// `is_varied`: an MP3 whose blocks are as large as they need be.
Bytes coded(int format, int channels, const std::vector<std::int16_t>& samples,
            bool is_varied = false) {
  Paper paper;
  SF_VIRTUAL_IO access = paper_access();
  SF_INFO info{0, 8000, channels, format, 0, 0};
  SNDFILE* file = sf_open_virtual(&access, SFM_WRITE, &info, &paper);
  REQUIRE(file != nullptr);
  if (is_varied) {
    int mode = SF_BITRATE_MODE_VARIABLE;
    (void)sf_command(file, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
    CHECK(sf_command(file, SFC_GET_BITRATE_MODE, nullptr, 0) == SF_BITRATE_MODE_VARIABLE);
  }
  const auto count = static_cast<sf_count_t>(samples.size());
  CHECK(sf_write_short(file, samples.data(), count) == count);
  sf_close(file);
  return std::move(paper.bytes);
}

// In one go, from its beginning to its end.
std::vector<std::int16_t> decoded_straight(const Bytes& bytes, int format, int channels) {
  Paper paper{bytes};
  SF_VIRTUAL_IO access = paper_access();
  const bool is_raw = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW;
  SF_INFO info = is_raw ? SF_INFO{0, 8000, channels, format, 0, 0} : SF_INFO{};
  SNDFILE* file = sf_open_virtual(&access, SFM_READ, &info, &paper);
  REQUIRE(file != nullptr);
  std::vector<float> samples(static_cast<std::size_t>(info.frames * channels));
  CHECK(sf_readf_float(file, samples.data(), info.frames) == info.frames);
  sf_close(file);
  std::vector<std::int16_t> out(samples.size());
  std::transform(samples.begin(), samples.end(), out.begin(), [](float sample) {
    return static_cast<std::int16_t>(std::clamp(std::lrint(sample * 32768), -32768L, 32767L));
  });
  return out;
}

// From that frame on to its end.
std::vector<std::int16_t> decoded(const Bytes& bytes, std::uint64_t from,
                                  std::string_view ending = "wav") {
  std::unique_ptr<Sound> sound;
  REQUIRE_FALSE(Sound::open(bytes, ending, sound));
  sound->skip_to(from);
  std::vector<std::int16_t> all;
  std::vector<std::int16_t> piece(7000);
  while (const std::size_t frames = sound->read(piece)) {
    const auto count = static_cast<std::ptrdiff_t>(frames * sound->facts().channels);
    all.insert(all.end(), piece.begin(), piece.begin() + count);
  }
  return all;
}

std::string fault_of(ByteView bytes, std::string_view ending = "wav") {
  std::unique_ptr<Sound> sound;
  const auto fault = Sound::open(bytes, ending, sound);
  if (!fault) return "good";
  if (*fault == SoundFault::hollow) return "hollow";
  return *fault == SoundFault::large ? "large" : "form";
}

}  // namespace

TEST_CASE("in the sandbox a process can reckon, and nothing else", "[audio]") {
  CHECK(end_of([] { return 7; }) == "exit 7");
  CHECK(end_of([] {
          const std::vector<int> memory(1'000'000, 1);
          return memory.back();
        }) == "exit 1");
  CHECK(end_of([] { return ::open("/etc/hostname", O_RDONLY) < 0 && errno == EACCES ? 1 : 2; }) ==
        "exit 1");
  CHECK(end_of([] { return ::socket(AF_INET, SOCK_STREAM, 0); }) == kRefused);
  CHECK(end_of([] { return ::fork(); }) == kRefused);
  CHECK(end_of([] { return ::execl("/bin/true", "true", nullptr); }) == kRefused);
  CHECK(end_of([] { return ::kill(::getppid(), SIGKILL); }) == kRefused);
  CHECK(end_of([] {
          char byte = 0;
          return static_cast<int>(::read(STDIN_FILENO, &byte, 1));
        }) == kRefused);
  CHECK(end_of([] { return static_cast<int>(::write(5, "x", 1)); }) == kRefused);
  CHECK(end_of([] { return ::unlink("/etc/hostname"); }) == kRefused);
  CHECK(end_of([] {
          const int runnable = PROT_READ | PROT_WRITE | PROT_EXEC;
          return ::mmap(nullptr, 4096, runnable, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
        }) == kRefused);
  CHECK(end_of(
            [] {
              volatile bool goes_on = true;
              while (goes_on) {
              }
              return 0;
            },
            1) == "signal " + std::to_string(SIGXCPU));
}

#if !defined(HOLDFAST_SANITIZED)
TEST_CASE("in the sandbox memory is bounded", "[audio]") {
  CHECK(end_of([] {
          void* memory =
              ::mmap(nullptr, 1U << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return memory == MAP_FAILED ? 1 : 2;
        }) == "exit 1");
}
#endif

TEST_CASE("a recording of 16 bits comes back sample by sample, with peaks as it is", "[audio]") {
  const SoundFacts facts{8000, 2, 6, true, false, false, ""};
  const std::vector<std::int16_t> samples = {0,     -1,  1000,  -1000, 32767, -32768,
                                             -5120, 256, 12800, 0,     7,     -7};
  const Bytes file = wave_of(facts, samples);
  CHECK(file.size() == wave_size(facts));
  std::unique_ptr<Sound> sound;
  REQUIRE_FALSE(Sound::open(file, "wav", sound));
  CHECK(sound->facts().rate == 8000);
  CHECK(sound->facts().channels == 2);
  CHECK(sound->facts().frames == 6);
  CHECK(sound->facts().is_plain);
  CHECK(wave_header(sound->facts()) == Bytes(file.begin(), file.begin() + kWaveHeaderSize));
  std::vector<std::int16_t> back(100);
  CHECK(sound->read(back) == 6);
  CHECK(sound->read(back) == 0);
  back.resize(samples.size());
  CHECK(back == samples);
  REQUIRE_FALSE(Sound::open(file, "wav", sound));
  // Channel by channel, a pair for each part of two frames.
  CHECK(peaks_of(*sound, 3) ==
        std::vector<std::int8_t>{0, 3, -20, 127, 0, 50, -4, -1, -128, 1, -1, 0});
  REQUIRE_FALSE(Sound::open(file, "wav", sound));
  CHECK(peaks_of(*sound, 1000).size() == 6 * 2 * 2);
}

TEST_CASE("what a header promises and the file does not have is silence", "[audio]") {
  SoundFacts facts{8000, 1, 1000, true, false, false, ""};
  Bytes file = wave_of(facts, std::vector<std::int16_t>(1000, 1280));
  std::vector<std::int16_t> back(2000, 77);
  std::unique_ptr<Sound> sound;
  file.resize(file.size() - 500);
  REQUIRE_FALSE(Sound::open(file, "wav", sound));
  const std::uint64_t frames = sound->facts().frames;
  CHECK(sound->read(back) == frames);
  CHECK(back[0] == 1280);
}

TEST_CASE("a claim of 2 GB in 42 bytes is no sound, and one too many is not believed", "[audio]") {
  const Bytes whole = coded(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, voice(40'000));
  constexpr std::size_t kTotal = 21;  // 36 bits of how many frames there are, big end first
  Bytes lies = whole;
  for (std::size_t at = kTotal + 1; at < kTotal + 5; ++at) lies[at] = 0x3B;
  CHECK(fault_of(Bytes(lies.begin(), lies.begin() + 42)) == "hollow");
  std::unique_ptr<Sound> sound;
  REQUIRE_FALSE(Sound::open(lies, "flac", sound));
  CHECK(sound->facts().frames == 40'000);
  CHECK(sound->facts().is_cut);
  CHECK_FALSE(sound->facts().is_plain);  // a browser would believe it
  CHECK(decoded(lies, 0) == decoded(whole, 0));
  REQUIRE_FALSE(Sound::open(whole, "flac", sound));
  CHECK(sound->facts().frames == 40'000);
  CHECK_FALSE(sound->facts().is_cut);
  CHECK(sound->facts().is_plain);
  // Half of an Ogg: as long as what is there.
  const Bytes ogg = coded(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, voice(800'000));
  REQUIRE_FALSE(Sound::open(ByteView(ogg).first(ogg.size() / 2), "ogg", sound));
  CHECK(sound->facts().frames > 100'000);
  CHECK(sound->facts().frames < 700'000);
  std::vector<std::int16_t> back(1'000'000);
  CHECK(sound->read(back) == sound->facts().frames);
}

SoundFacts facts_of(ByteView bytes, std::string_view ending = "wav") {
  std::unique_ptr<Sound> sound;
  REQUIRE_FALSE(Sound::open(bytes, ending, sound));
  return sound->facts();
}

TEST_CASE("no sound is left out for a header that states too little", "[audio]") {
  const Bytes whole = coded(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, voice(40'000));
  Bytes small = whole;
  small[24] = 0x01;  // 256 frames and a few
  const SoundFacts facts = facts_of(small, "flac");
  CHECK(facts.frames == 40'000);
  CHECK_FALSE(facts.is_cut);
  CHECK_FALSE(facts.is_more);
  CHECK_FALSE(facts.is_plain);
  CHECK(decoded(small, 0) == decoded(whole, 0));
  // Of two calls in one Ogg the second one is not decoded, and that is said.
  Bytes ogg = coded(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, voice(80'000));
  CHECK_FALSE(facts_of(ogg, "ogg").is_more);
  const Bytes first = ogg;
  const Bytes second = coded(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, voice(160'000));
  ogg.insert(ogg.end(), second.begin(), second.end());
  CHECK(facts_of(ogg, "ogg").is_more);
  CHECK_FALSE(facts_of(ogg, "ogg").is_cut);
}

TEST_CASE("how long an MP3 is follows from its blocks, not from the first of them", "[audio]") {
  std::vector<std::int16_t> samples = voice(480'000);
  std::fill_n(samples.begin() + 240'000, 240'000, std::int16_t{0});
  const Bytes tagged = coded(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 1, samples, true);
  const SoundFacts known = facts_of(tagged, "mp3");
  CHECK(known.frames == 480'000);
  CHECK_FALSE(known.is_cut);
  CHECK_FALSE(known.is_more);
  const ByteView half = ByteView(tagged).first(tagged.size() / 4);
  CHECK(facts_of(half, "mp3").is_cut);
  // Without its first block, which is the tag.
  const auto sync = [](std::uint8_t a, std::uint8_t b) { return a == 0xFF && (b & 0xE0) == 0xE0; };
  const auto next = std::adjacent_find(tagged.begin() + 40, tagged.end(), sync);
  const Bytes bare(next, tagged.end());
  for (const ByteView bytes : {ByteView(bare), ByteView(bare).first(bare.size() / 2)}) {
    const SoundFacts facts = facts_of(bytes, "mp3");
    CHECK_FALSE(facts.is_cut);
    CHECK_FALSE(facts.is_more);
    CHECK(facts.is_plain);
  }
  CHECK(facts_of(bare, "mp3").frames >= 480'000);
  // A tag of another, shorter one.
  Bytes joined = coded(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 1, voice(80'000), true);
  joined.insert(joined.end(), bare.begin(), bare.end());
  CHECK(facts_of(joined, "mp3").frames > 550'000);
  CHECK_FALSE(facts_of(joined, "mp3").is_plain);
}

TEST_CASE("a WAV says how many bytes it has, and is believed if they are there", "[audio]") {
  SoundFacts facts{8000, 1, 40'000, true, false, false, ""};
  const Bytes whole = wave_of(facts, voice(40'000));
  constexpr std::size_t kSize = 40;
  const auto with_size = [&](std::uint32_t size) {
    Bytes bytes = whole;
    for (std::size_t i = 0; i < 4; ++i)
      bytes[kSize + i] = static_cast<std::uint8_t>(size >> (8 * i));
    return bytes;
  };
  CHECK_FALSE(facts_of(whole).is_cut);
  CHECK_FALSE(facts_of(whole).is_more);
  const ByteView half = ByteView(whole).first(40'044);
  CHECK(facts_of(half).is_cut);
  CHECK(facts_of(half).frames == 20'000);
  CHECK_FALSE(facts_of(half).is_plain);
  CHECK_FALSE(facts_of(ByteView(whole).first(whole.size() - 1000)).is_cut);
  // Nobody knew, or had the time to write it.
  for (const std::uint32_t size : {0U, 0xFFFFFFFFU, 0x7FFFF000U}) {
    CAPTURE(size);
    const Bytes open = with_size(size);
    CHECK_FALSE(facts_of(open).is_cut);
    CHECK_FALSE(facts_of(open).is_more);
    CHECK(facts_of(open).is_plain == (size != 0));
    CHECK(decoded(open, 0) == decoded(whole, 0));
  }
  CHECK(facts_of(with_size(20'000)).is_more);
  CHECK(facts_of(with_size(20'000)).frames == 10'000);
  // Words behind it are no sound, and one that has nothing but words is empty.
  Bytes words = whole;
  const std::string list = std::string("LIST\x04\x9C\x00\x00", 8) + std::string(39'940, 'x');
  words.insert(words.end(), list.begin(), list.end());
  CHECK_FALSE(facts_of(words).is_more);
  CHECK(decoded(words, 0) == decoded(whole, 0));
  Bytes empty(words.begin(), words.begin() + 44);
  std::fill_n(empty.begin() + kSize, 4, std::uint8_t{0});
  empty.insert(empty.end(), list.begin(), list.end());
  CHECK(facts_of(empty).frames == 0);
  const Bytes gsm = coded(SF_FORMAT_WAV | SF_FORMAT_GSM610, 1, voice(160'000));
  CHECK_FALSE(facts_of(gsm).is_cut);
  CHECK(facts_of(ByteView(gsm).first(gsm.size() / 2)).is_cut);
}

TEST_CASE("who begins inside hears what one hears who began before, sample by sample", "[audio]") {
  struct Form {
    int format;
    int channels;
    std::string_view ending = "wav";
  };
  for (const Form& form :
       {Form{SF_FORMAT_WAV | SF_FORMAT_GSM610, 1}, Form{SF_FORMAT_RAW | SF_FORMAT_GSM610, 1, "gsm"},
        Form{SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 1}, Form{SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 2},
        Form{SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM, 1}, Form{SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM, 2},
        Form{SF_FORMAT_WAV | SF_FORMAT_ALAW, 2}, Form{SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2},
        Form{SF_FORMAT_WAV | SF_FORMAT_G721_32, 1},
        Form{SF_FORMAT_RAW | SF_FORMAT_VOX_ADPCM, 1, "vox"},
        Form{SF_FORMAT_OGG | SF_FORMAT_VORBIS, 2}}) {
    CAPTURE(form.format, form.channels);
    const auto channels = static_cast<std::size_t>(form.channels);
    const Bytes file = coded(form.format, form.channels, voice(3 * 491'520 * channels));
    // As libsndfile has it in one go: also of GSM, which is decoded anew for each minute.
    const std::vector<std::int16_t> straight = decoded_straight(file, form.format, form.channels);
    const auto whole = decoded(file, 0, form.ending);
    CHECK(whole == straight);
    for (const std::uint64_t from : {1ULL, 319ULL, 505ULL, 100'001ULL, 491'519ULL, 491'520ULL,
                                     491'521ULL, 983'000ULL, 1'400'003ULL}) {
      CAPTURE(from);
      const auto part = decoded(file, from, form.ending);
      REQUIRE(part.size() == whole.size() - from * channels);
      CHECK(std::equal(part.begin(), part.end(),
                       whole.begin() + static_cast<std::ptrdiff_t>(from * channels)));
    }
    CHECK(decoded(file, 100'000'000, form.ending).empty());
  }
}

TEST_CASE("what is no recording is none, whatever it is called", "[audio]") {
  CHECK(fault_of({}) == "form");
  CHECK(fault_of(view_of("RIFF")) == "form");
  CHECK(fault_of(view_of("#!AMR\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "amr") == "form");
  CHECK(fault_of(view_of("some words that are no sound at all")) == "form");
  // Without a header the name decides: 33 bytes are a block of 160 samples.
  CHECK(fault_of(Bytes(330, 0xD5), "gsm") == "good");
  SoundFacts many{8000, 9, 10, true, false, false, ""};
  CHECK(fault_of(wave_of(many, std::vector<std::int16_t>(90))) == "form");
}

}  // namespace holdfast::linux
