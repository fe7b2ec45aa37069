// SPDX-License-Identifier: Apache-2.0
// The decoder of recordings and the sandbox around it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
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

std::string fault_of(ByteView bytes, std::string_view ending = "wav") {
  std::unique_ptr<Sound> sound;
  const auto fault = Sound::open(bytes, ending, sound);
  if (!fault) return "good";
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
            1)
            .starts_with("signal "));
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
  const SoundFacts facts{8000, 2, 6, true, ""};
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
  SoundFacts facts{8000, 1, 1000, true, ""};
  Bytes file = wave_of(facts, std::vector<std::int16_t>(1000, 1280));
  std::vector<std::int16_t> back(2000, 77);
  std::unique_ptr<Sound> sound;
  file.resize(file.size() - 500);
  REQUIRE_FALSE(Sound::open(file, "wav", sound));
  const std::uint64_t frames = sound->facts().frames;
  CHECK(sound->read(back) == frames);
  CHECK(back[0] == 1280);
}

TEST_CASE("what is no recording is none, whatever it is called", "[audio]") {
  CHECK(fault_of({}) == "form");
  CHECK(fault_of(view_of("RIFF")) == "form");
  CHECK(fault_of(view_of("#!AMR\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "amr") == "form");
  CHECK(fault_of(view_of("some words that are no sound at all")) == "form");
  // Without a header the name decides: 33 bytes are a block of 160 samples.
  CHECK(fault_of(Bytes(330, 0xD5), "gsm") == "good");
  SoundFacts many{8000, 9, 10, true, ""};
  CHECK(fault_of(wave_of(many, std::vector<std::int16_t>(90))) == "form");
}

}  // namespace holdfast::linux
