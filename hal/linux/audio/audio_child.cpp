// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/audio/audio_child.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <new>
#include <optional>

#include "hal/linux/audio/sandbox.h"
#include "hal/linux/audio/sound.h"

namespace holdfast::linux {

namespace {

// A recording of 128 MiB fits, and what a decoder needs.
constexpr SandboxLimits kLimits = {.memory_max = 512U << 20, .cpu_seconds = 60};
constexpr std::uint64_t kPeaksMax = 10'000;
constexpr std::size_t kPieceSamples = 32'768;

enum Outcome : int {
  done = 0,
  usage = 2,
  no_sandbox = 3,
  no_sound = 4,
  too_long = 5,
  hollow = 6,
  no_memory = 7
};

int outcome_of(SoundFault fault) {
  switch (fault) {
    case SoundFault::large:
      return too_long;
    case SoundFault::hollow:
      return hollow;
    case SoundFault::form:
      break;
  }
  return no_sound;
}

struct Request {
  std::string ending;
  bool wants_peaks = false;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

std::optional<std::uint64_t> number_of(const std::string& text, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || rest != end || number > most) return std::nullopt;
  return number;
}

std::optional<Request> parse(const std::vector<std::string>& words) {
  if (words.size() < 3) return std::nullopt;
  Request request{words[1], words[0] == "peaks", 0, 0};
  if (!request.wants_peaks && words[0] != "wave") return std::nullopt;
  if (words.size() != (request.wants_peaks ? 3 : 4)) return std::nullopt;
  const std::uint64_t most =
      request.wants_peaks ? kPeaksMax : std::numeric_limits<std::uint64_t>::max();
  const auto first =
      request.wants_peaks ? std::optional<std::uint64_t>(0) : number_of(words[2], most);
  const auto count = number_of(words.back(), most);
  if (!first || !count) return std::nullopt;
  request.first = *first;
  request.count = *count;
  return request;
}

// Mapped before the sandbox is entered: in it nothing can be read any more.
std::optional<ByteView> map_input() {
  struct stat facts{};
  if (::fstat(STDIN_FILENO, &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  if (facts.st_size == 0) return ByteView{};
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
  if (bytes == MAP_FAILED) return std::nullopt;
  return ByteView(static_cast<const std::uint8_t*>(bytes), size);
}

// False: nobody reads any more.
bool write_all(const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(STDOUT_FILENO, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool write_facts(const SoundFacts& facts) {
  const std::string line = std::to_string(facts.rate) + " " + std::to_string(facts.channels) + " " +
                           std::to_string(facts.frames) + " " + (facts.is_plain ? "1 " : "0 ") +
                           (facts.is_cut ? "1 " : "0 ") + (facts.is_more ? "1 " : "0 ") +
                           facts.form + "\n";
  return write_all(line.data(), line.size());
}

bool write_wave(Sound& sound, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t size = wave_size(sound.facts());
  if (first >= size) return true;
  const std::uint64_t last = first + std::min(count, size - first);
  std::uint64_t at = 0;
  const auto pass_on = [&](ByteView bytes) {
    const std::uint64_t from = std::clamp(first, at, at + bytes.size());
    const std::uint64_t to = std::clamp(last, at, at + bytes.size());
    const ByteView part = bytes.subspan(from - at, to > from ? to - from : 0);
    at += bytes.size();
    return write_all(part.data(), part.size());
  };
  if (!pass_on(wave_header(sound.facts()))) return false;
  const std::size_t channels = sound.facts().channels;
  const std::size_t frame_size = channels * sizeof(std::int16_t);
  const std::uint64_t skipped = first > at ? (first - at) / frame_size : 0;
  sound.skip_to(skipped);
  at += skipped * frame_size;
  std::vector<std::int16_t> samples(kPieceSamples / channels * channels);
  Bytes bytes;
  while (at < last) {
    const std::size_t frames = sound.read(samples);
    if (frames == 0) break;
    bytes.clear();
    for (std::size_t i = 0; i < frames * channels; ++i) {
      const auto sample = static_cast<std::uint16_t>(samples[i]);
      bytes.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      bytes.push_back(static_cast<std::uint8_t>(sample >> 8));
    }
    if (!pass_on(bytes)) return false;
  }
  return true;
}

}  // namespace

int run_audio_child(const std::vector<std::string>& arguments) {
  const auto request = parse(arguments);
  if (!request) return usage;
  const auto recording = map_input();
  if (!recording) return usage;
  if (!enter_sandbox(kLimits)) return no_sandbox;
  std::set_new_handler([] { end_sandboxed(no_memory); });
  std::unique_ptr<Sound> sound;
  if (const auto fault = Sound::open(*recording, request->ending, sound)) {
    return outcome_of(*fault);
  }
  if (!write_facts(sound->facts())) return done;
  if (!request->wants_peaks) {
    static_cast<void>(write_wave(*sound, request->first, request->count));
    return done;
  }
  if (request->count == 0) return done;  // asked how long it is
  const auto peaks = peaks_of(*sound, static_cast<std::uint32_t>(request->count));
  static_cast<void>(write_all(peaks.data(), peaks.size()));
  return done;
}

}  // namespace holdfast::linux
