// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "firmware/records/utf8.h"

namespace holdfast::records {

namespace {

constexpr char kMeaningless = '\xFF';
constexpr std::size_t kBytesAZero = 50;   // at most, in UTF-16: its line ends and digits have one
constexpr std::size_t kCharacterMax = 4;  // bytes, in each of the charsets

const char* name_for_iconv(Charset charset) {
  switch (charset) {
    case Charset::gb18030:
      return "GB18030";
    case Charset::utf16le:
      return "UTF-16LE";
    case Charset::utf16be:
      return "UTF-16BE";
    case Charset::utf8:
      break;
  }
  return "UTF-8";
}

struct Output {
  std::array<char, 4096> bytes;
  std::size_t size = 0;
};

bool is_utf16(Charset charset) {
  return charset == Charset::utf16le || charset == Charset::utf16be;
}

bool is_ascii(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte < 0x80; });
}

bool is_utf8(ByteView bytes) {
  return first_invalid_utf8(bytes) == bytes.size();
}

std::string_view bom_of(Charset charset) {
  switch (charset) {
    case Charset::utf8:
      return "\xEF\xBB\xBF";
    case Charset::gb18030:
      return "\x84\x31\x95\x33";
    case Charset::utf16le:
      return "\xFF\xFE";
    case Charset::utf16be:
      return "\xFE\xFF";
  }
  return {};
}

// Zero bytes at even places, and at odd ones.
std::array<std::size_t, 2> count_zeros(ByteView bytes) {
  std::array<std::size_t, 2> counts{};
  for (std::size_t at = 0; at < bytes.size(); ++at) counts[at % 2] += bytes[at] == 0 ? 1 : 0;
  return counts;
}

// Whether GB18030 is what more of the lines are that tell. The last one, if it is cut, is not
// asked.
bool is_rather_gb18030(ByteView sample, bool is_whole) {
  std::string_view rest = text_of(sample);
  const Decoder gb18030(Charset::gb18030);
  std::size_t utf8_lines = 0;
  std::size_t gb18030_lines = 0;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && !is_whole) break;
    const ByteView line = view_of(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (is_ascii(line)) continue;
    if (is_utf8(line)) {
      ++utf8_lines;
    } else if (gb18030.is_usable() && gb18030.first_invalid(line) == line.size()) {
      ++gb18030_lines;
    }
  }
  return gb18030_lines > utf8_lines;
}

}  // namespace

Charset detect_charset(ByteView beginning) {
  for (const auto charset : {Charset::utf8, Charset::gb18030, Charset::utf16le, Charset::utf16be}) {
    if (text_of(beginning).starts_with(bom_of(charset))) return charset;
  }
  const ByteView sample = beginning.first(std::min(beginning.size(), kCharsetSampleSize));
  const auto [even, odd] = count_zeros(sample);
  if (odd * kBytesAZero >= sample.size() && odd > 4 * even) return Charset::utf16le;
  if (even * kBytesAZero >= sample.size() && even > 4 * odd) return Charset::utf16be;
  const bool is_whole = beginning.size() < kCharsetSampleSize;
  return is_rather_gb18030(sample, is_whole) ? Charset::gb18030 : Charset::utf8;
}

struct Decoder::State {
  explicit State(Charset from)
      : converter(iconv_open("UTF-8", name_for_iconv(from))), unit(is_utf16(from) ? 2 : 1) {}
  ~State() {
    if (is_usable()) iconv_close(converter);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] bool is_usable() const {
    return converter != reinterpret_cast<iconv_t>(-1);  // NOLINT: as iconv_open(3) says
  }

  // Converts from the front of `bytes`, which it shortens, as much as `output` has room for.
  // Returns why it stopped: EILSEQ (no meaning), EINVAL (cut) or others that do not matter.
  int convert_some(ByteView& bytes, Output& output) const {
    // iconv(3) takes a pointer to bytes that may be written, and does not write them.
    auto* in = const_cast<char*>(text_of(bytes).data());
    std::size_t in_left = bytes.size();
    char* to = output.bytes.data();
    std::size_t to_left = output.bytes.size();
    const std::size_t result = iconv(converter, &in, &in_left, &to, &to_left);
    const int reason = result == static_cast<std::size_t>(-1) ? errno : 0;
    bytes = bytes.last(in_left);
    output.size = output.bytes.size() - to_left;
    return reason;
  }

  // Converts as much as is whole, and returns the rest: a character that is cut.
  ByteView convert(ByteView bytes, std::string& out) const {
    Output output;
    while (!bytes.empty()) {
      const int reason = convert_some(bytes, output);
      out.append(output.bytes.data(), output.size);
      if (reason == EINVAL) break;
      if (reason != EILSEQ) continue;
      out += kMeaningless;
      bytes = bytes.subspan(std::min(unit, bytes.size()));
    }
    return bytes;
  }

  iconv_t converter;
  std::size_t unit;  // bytes that are passed over where there is no meaning
  std::array<std::uint8_t, 2 * kCharacterMax> kept{};
  std::size_t kept_size = 0;
};

Decoder::Decoder(Charset charset) : state_(std::make_unique<State>(charset)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

bool Decoder::is_usable() const {
  return state_->is_usable();
}

void Decoder::decode(ByteView block, std::string& out) {
  State& state = *state_;
  // A kept character gets one byte after the other until it is whole, or has no meaning.
  while (state.kept_size != 0 && !block.empty()) {
    state.kept[state.kept_size++] = block.front();
    block = block.subspan(1);
    const ByteView left = state.convert(ByteView(state.kept).first(state.kept_size), out);
    std::ranges::copy(left, state.kept.begin());
    state.kept_size = left.size();
  }
  const ByteView left = state.convert(block, out);
  if (left.empty()) return;
  HF_CHECK(left.size() < kCharacterMax);
  std::ranges::copy(left, state.kept.begin());
  state.kept_size = left.size();
}

void Decoder::finish(std::string& out) {
  ByteView kept = ByteView(state_->kept).first(state_->kept_size);
  while (!kept.empty()) {  // behind what is cut there may be others, a line end too
    out += kMeaningless;
    kept = state_->convert(kept.subspan(std::min(state_->unit, kept.size())), out);
  }
  state_->kept_size = 0;
}

std::size_t Decoder::first_invalid(ByteView text) const {
  ByteView rest = text;
  Output output;
  while (!rest.empty()) {
    const int reason = state_->convert_some(rest, output);
    if (reason == EILSEQ || reason == EINVAL) break;
  }
  return text.size() - rest.size();
}

bool looks_like_utf8(ByteView row) {
  return is_utf8(row) && std::ranges::any_of(row, [](std::uint8_t byte) { return byte >= 0xE0; });
}

}  // namespace holdfast::records
