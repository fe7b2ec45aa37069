// SPDX-License-Identifier: Apache-2.0
// A recording with any bytes is decoded, or is none: in bounded time, and its sound is as long as
// it was told to be. The first byte chooses the name's ending.
#include <array>
#include <cstddef>
#include <vector>

#include "hal/base/check.h"
#include "hal/linux/audio/sound.h"

using namespace holdfast;
using namespace holdfast::linux;

namespace {

constexpr std::array<std::string_view, 4> kEndings = {"wav", "gsm", "vox", "-"};
// A small file may promise hours of silence; that is read elsewhere.
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
  const auto peaks = peaks_of(*sound, 10);
  HF_CHECK(peaks.size() == std::min<std::uint64_t>(10, facts.frames) * 2 * facts.channels);
  std::vector<std::int16_t> more(facts.channels);
  HF_CHECK(sound->read(more) == 0);
  return 0;
}
