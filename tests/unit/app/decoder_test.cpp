// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/decoder.h"

#include <catch2/catch.hpp>

#include "hal/sim/clock.h"
#include "hal/sim/process.h"

namespace holdfast::app {
namespace {

// What becomes of a child that says this.
struct Decoded {
  std::string outcome;  // "FORM RATE CHANNELS FRAMES", or what went wrong
  std::string bytes;
};

Decoded decode_by(const sim::SimScript& script, bool is_stopped = false) {
  sim::SimProcesses processes(
      [&](const ports::ProcessRequest&) -> Result<sim::SimScript> { return script; });
  sim::SimClock clock{Timestamp{0}};
  const std::string program = "/bin/holdfast-audio";
  const job::StopFlag stop{is_stopped};
  Decoded decoded;
  const auto sound = decode({processes, clock, program}, {{"peaks", "wav", "10"}, {}}, "a.wav",
                            stop, [&](const HeardSound&, ByteView bytes) -> Result<void> {
                              decoded.bytes += text_of(bytes);
                              if (decoded.bytes.ends_with("full"))
                                return make_error(ErrorCode::no_space);
                              return {};
                            });
  if (sound) {
    decoded.outcome = sound->form + " " + std::to_string(sound->rate) + " " +
                      std::to_string(sound->channels) + " " + std::to_string(sound->frames);
  } else {
    decoded.outcome = std::string(name_of(sound.error().code)) + " " +
                      std::string(sound.error().argument("what"));
  }
  return decoded;
}

std::string outcome_of(const std::string& said) {
  return decode_by({{{sim::Stream::output, said}}}).outcome;
}

TEST_CASE("The first line says what it is, however it is cut, and the rest is handed on") {
  const Decoded whole = decode_by({{{sim::Stream::output, "8000 2 16000 0 0 0 GSM 6.10\nabc"}}});
  CHECK(whole.outcome == "GSM 6.10 8000 2 16000");
  CHECK(whole.bytes == "abc");
  const Decoded cut = decode_by({{{sim::Stream::output, "80"},
                                  {sim::Stream::output, "00 2 16000 0 0 0 "},
                                  {sim::Stream::output, "GSM 6.10\n"},
                                  {sim::Stream::output, "abc"}}});
  CHECK(cut.outcome == whole.outcome);
  CHECK(cut.bytes == "abc");
}

TEST_CASE("A decoder that was taken over is believed nothing") {
  for (const char* said :
       {"", "8000 2 16000 0 0 0 GSM", "0 2 16000 0 0 0 GSM\n", "8000 9 1 0 0 0 GSM\n",
        "8000 0 1 0 0 0 GSM\n", "8000 2 2000000001 0 0 0 GSM\n", "8000 2 1 2 0 0 GSM\n",
        "8000 2 1 0 0 0 G\x1b[31m\n", "8000 2 -1 0 0 0 GSM\n", "8000 2 1 0 0 0\n",
        "8000 2 1 0 2 0 GSM\n", "8000 2 1 0 0 2 GSM\n", "99999999999999999999 2 1 0 0 0 GSM\n"}) {
    CAPTURE(said);
    CHECK(outcome_of(said) == "no_sound sound_decoder");
  }
  CHECK(outcome_of("8000 2 1 0 0 0 " + std::string(65, 'x') + "\n") == "no_sound sound_decoder");
  CHECK(outcome_of(std::string(100'000, '8')) == "no_sound sound_decoder");
}

TEST_CASE("How it ends says why there is no sound") {
  const auto ends = [](ports::ProcessEnd end) {
    return decode_by({{{sim::Stream::output, "8000 1 1 0 0 0 GSM\nabc"}}, end}).outcome;
  };
  CHECK(ends({.exit_code = 4}) == "no_sound sound_form");
  CHECK(ends({.exit_code = 5}) == "no_sound sound_length");
  CHECK(ends({.exit_code = 6}) == "no_sound sound_hollow");
  CHECK(ends({.exit_code = 7}) == "no_sound sound_memory");
  CHECK(ends({.signal = 24}) == "no_sound sound_time");
  CHECK(ends({.exit_code = 3}) == "no_sound sound_decoder");
  CHECK(ends({.signal = 31}) == "no_sound sound_decoder");
  CHECK(decode_by({{{sim::Stream::output, "8000 1 1 0 0 0 GSM\nfull"}}}).outcome == "no_space ");
  CHECK(decode_by({{}, std::nullopt}, true).outcome == "interrupted ");
  // One that waits for ever uses no time of its own.
  CHECK(decode_by({{}, std::nullopt}).outcome == "no_sound sound_time");
}

}  // namespace
}  // namespace holdfast::app
