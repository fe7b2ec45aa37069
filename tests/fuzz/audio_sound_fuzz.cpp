// SPDX-License-Identifier: Apache-2.0
// A recording with any bytes is decoded, or is none: in bounded time, its sound is as long as it
// was told to be, and the same from wherever it is begun. The first byte chooses the name's ending.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "hal/base/check.h"
#include "hal/linux/audio/sound.h"

using namespace holdfast;
using namespace holdfast::linux;

namespace {

constexpr std::array<std::string_view, 4> kEndings = {"wav", "gsm", "vox", "-"};
// A small file may hold hours of silence; that is read elsewhere.
constexpr std::uint64_t kFramesMax = 20'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const std::string_view ending = kEndings.at(data[0] % kEndings.size());
  std::unique_ptr<Sound> sound;
  if (Sound::open(bytes, ending, sound)) return 0;
  const SoundFacts facts = sound->facts();
  HF_CHECK(facts.channels > 0 && facts.channels <= kChannelsMax && facts.rate > 0);
  HF_CHECK(wave_size(facts) <= kWaveMax + kWaveHeaderSize);
  if (facts.frames > kFramesMax) return 0;
  std::vector<std::int16_t> all(facts.frames * facts.channels);
  HF_CHECK(sound->read(all) == facts.frames);
  HF_CHECK(!Sound::open(bytes, ending, sound));
  sound->skip_to(facts.frames / 2);
  std::vector<std::int16_t> half((facts.frames - facts.frames / 2) * facts.channels);
  HF_CHECK(sound->read(half) == facts.frames - facts.frames / 2);
  HF_CHECK(std::ranges::equal(half, std::span(all).last(half.size())));
  HF_CHECK(!Sound::open(bytes, ending, sound));
  const auto peaks = peaks_of(*sound, 10);
  HF_CHECK(peaks.size() == std::min<std::uint64_t>(10, facts.frames) * 2 * facts.channels);
  std::vector<std::int16_t> more(facts.channels);
  HF_CHECK(sound->read(more) == 0);
  return 0;
}
