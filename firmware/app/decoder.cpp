// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/decoder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::app {

namespace {

constexpr std::size_t kLineMax = 256;
constexpr std::size_t kFormMax = 64;
constexpr std::size_t kEndingMax = 8;
constexpr std::uint64_t kRateMax = 1'000'000;
constexpr std::uint64_t kChannelsMax = 8;
constexpr std::uint64_t kFramesMax = 2'000'000'000;
constexpr std::int64_t kLook_ns = 100'000'000;  // whether somebody wants it to stop
constexpr std::int64_t kGrace_ns = 1'000'000'000;
// More than the limit of its time, on a machine that has others to serve.
// Less than the appliance has with a verb that says nothing: so the verb can say what it was.
constexpr std::int64_t kPatience_ns = 100'000'000'000;
constexpr int kTimeSignal = 24;  // SIGXCPU

// How a child ends that decoded nothing.
struct Failure {
  int exit_code;
  std::string_view what;
};
constexpr std::array kFailures = {Failure{4, "sound_form"}, Failure{5, "sound_length"},
                                  Failure{6, "sound_hollow"}, Failure{7, "sound_memory"}};

Error no_sound(const std::string& where, std::string_view what) {
  return make_error(ErrorCode::no_sound, where, {{"what", std::string(what)}});
}

// The next word of the line as a number from `least` to `most`.
std::optional<std::uint64_t> take_number(std::string_view& line, std::uint64_t least,
                                         std::uint64_t most) {
  const std::size_t end = line.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const auto [rest, failure] = std::from_chars(line.data(), line.data() + end, number);
  if (failure != std::errc{} || rest != line.data() + end) return std::nullopt;
  line.remove_prefix(end + 1);
  if (number < least || number > most) return std::nullopt;
  return number;
}

std::optional<HeardSound> parse_line(std::string_view line) {
  const auto rate = take_number(line, 1, kRateMax);
  const auto channels = rate ? take_number(line, 1, kChannelsMax) : std::nullopt;
  const auto frames = channels ? take_number(line, 0, kFramesMax) : std::nullopt;
  const auto plain = frames ? take_number(line, 0, 1) : std::nullopt;
  const auto cut = plain ? take_number(line, 0, 1) : std::nullopt;
  const auto more = cut ? take_number(line, 0, 1) : std::nullopt;
  const bool is_text = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
  if (!more || !is_text || line.size() > kFormMax) return std::nullopt;
  return HeardSound{*rate,     *channels,  *frames,          *plain == 1,
                    *cut == 1, *more == 1, std::string(line)};
}

class DecoderSink final : public ports::ProcessSink {
 public:
  explicit DecoderSink(const TakeBytes& take) : take_(take) {}

  void output(ByteView bytes) override {
    ++turns_;
    if (!is_over_) hear(bytes);
    ++turns_;
  }
  void error_output(ByteView) override {}
  void ended(const ports::ProcessEnd& end) override { end_ = end; }

  // Looked at by whoever waits: the thread of output() knows no process.
  [[nodiscard]] bool is_over() const { return is_over_; }
  // Changes with what is said; odd while it is taken.
  [[nodiscard]] std::uint64_t turns() const { return turns_; }
  // Once the child has ended.
  [[nodiscard]] Result<HeardSound> result(const std::string& where) {
    if (error_) return std::move(*error_);
    if (end_.signal == kTimeSignal) return no_sound(where, "sound_time");
    const auto* failure = std::ranges::find(kFailures, end_.exit_code, &Failure::exit_code);
    if (end_.signal == 0 && failure != kFailures.end()) return no_sound(where, failure->what);
    const bool is_good = end_.signal == 0 && end_.exit_code == 0 && sound_ && !is_over_;
    if (!is_good) return no_sound(where, "sound_decoder");
    return std::move(*sound_);
  }

 private:
  void hear(ByteView bytes) {
    if (!sound_) {
      const std::string_view text = text_of(bytes);
      const std::size_t end = text.find('\n');
      line_ += text.substr(0, std::min(end, kLineMax));
      if (end == std::string_view::npos && line_.size() < kLineMax) return;
      sound_ = parse_line(line_);
      if (!sound_ || end == std::string_view::npos) return give_up(std::nullopt);
      bytes = bytes.subspan(end + 1);
    }
    if (bytes.empty()) return;
    if (auto taken = take_(*sound_, bytes); !taken) give_up(std::move(taken.error()));
  }
  void give_up(std::optional<Error> error) {
    error_ = std::move(error);
    is_over_ = true;
  }

  const TakeBytes& take_;
  std::string line_;
  std::optional<HeardSound> sound_;
  std::optional<Error> error_;
  std::atomic<bool> is_over_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
  ports::ProcessEnd end_;
};

}  // namespace

std::string ending_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos || path.size() - dot - 1 > kEndingMax) return "-";
  std::string ending(path.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!is_plain) return "-";
  }
  return ending.empty() ? "-" : ending;
}

Result<HeardSound> decode(const DecoderPorts& ports, DecoderRequest request,
                          const std::string& where, const job::StopFlag& stop,
                          const TakeBytes& take) {
  ports::ProcessRequest start;
  start.arguments = {ports.program};
  start.arguments.insert(start.arguments.end(), request.words.begin(), request.words.end());
  start.input = std::move(request.recording);
  start.grace_ns = kGrace_ns;
  start.is_background = true;
  DecoderSink sink(take);
  bool is_slow = false;
  {
    HF_TRY(const auto child, ports.processes.start(start, sink));
    start.input = {};
    std::uint64_t turns = 0;
    std::int64_t silent_from = ports.clock.monotonic_ns();
    while (!child->wait_until(ports.clock.monotonic_ns() + kLook_ns)) {
      const std::int64_t now = ports.clock.monotonic_ns();
      const std::uint64_t before = std::exchange(turns, sink.turns());
      if (turns != before || turns % 2 == 1) silent_from = now;
      is_slow = now - silent_from >= kPatience_ns;
      if (stop.load() || sink.is_over() || is_slow) child->stop();
    }
  }
  if (is_slow) return no_sound(where, "sound_time");
  if (stop.load()) return make_error(ErrorCode::interrupted);
  return sink.result(where);
}

}  // namespace holdfast::app
