// SPDX-License-Identifier: Apache-2.0
// A recording with any bytes: it is judged, in bounded time, and no length is made up. The first
// byte chooses the name, the second how large the file is said to be; what is not there is zeros
// between head and tail.
#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "firmware/records/audio_probe.h"

using namespace holdfast;
using namespace holdfast::records;

namespace {

constexpr std::array<std::string_view, 14> kNames = {"a.wav",  "a.au",  "a.mp3", "a.ogg",  "a.opus",
                                                     "a.flac", "a.amr", "a.gsm", "a.sln",  "a.g729",
                                                     "a.txt",  "a",     "",      "a/b.WAV"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView bytes(data + 2, size - 2);
  const std::string_view name = kNames.at(data[0] % kNames.size());
  const unsigned shift = data[1] % 64;
  const std::uint64_t said =
      data[1] < 128 ? bytes.size() : bytes.size() + (std::uint64_t{1} << shift);

  std::vector<std::uint8_t> head(bytes.begin(), bytes.end());
  head.resize(static_cast<std::size_t>(std::min<std::uint64_t>(said, kAudioHeadSize)));
  const std::size_t wanted = audio_tail_size(head);
  HF_CHECK(wanted <= kAudioTailSize);
  const ByteView tail = bytes.last(std::min(bytes.size(), wanted));
  const AudioFacts facts = probe_audio(name, head, tail, said);

  HF_CHECK(!facts.duration_ms || *facts.duration_ms >= 0);
  HF_CHECK(!facts.duration_ms || !facts.form.empty());
  HF_CHECK(facts.state != AudioState::sound || !facts.form.empty());
  HF_CHECK(said != 0 || !facts.duration_ms);
  return 0;
}
