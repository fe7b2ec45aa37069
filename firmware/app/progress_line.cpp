// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/progress_line.h"

#include <algorithm>
#include <sstream>

#include "firmware/app/output.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kTerminalPeriod_ns = kSecond_ns / 5;
constexpr std::int64_t kJsonPeriod_ns = kSecond_ns;
constexpr std::string_view kEraseLine = "\r\x1b[K";

std::int64_t period_ns(ProgressForm form) {
  return form == ProgressForm::terminal ? kTerminalPeriod_ns : kJsonPeriod_ns;
}

double seconds_of(std::int64_t duration_ns) {
  return static_cast<double>(duration_ns) / static_cast<double>(kSecond_ns);
}

std::uint64_t bytes_per_second(const job::ProgressState& state, std::int64_t elapsed_ns) {
  if (elapsed_ns <= 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(state.bytes_done) / seconds_of(elapsed_ns));
}

}  // namespace

std::int64_t time_left_ns(const job::ProgressState& state, std::int64_t elapsed_ns) {
  const bool by_bytes = state.bytes_total > 0;
  const std::uint64_t done = by_bytes ? state.bytes_done : state.items_done;
  const std::uint64_t total = by_bytes ? state.bytes_total : state.items_total;
  if (done == 0 || total <= done) return 0;
  const double share = static_cast<double>(total - done) / static_cast<double>(done);
  return static_cast<std::int64_t>(static_cast<double>(elapsed_ns) * share);
}

std::string progress_text(messages::Language language, const job::ProgressState& state,
                          std::int64_t elapsed_ns) {
  std::string text = messages::render(language, "cli.progress." + std::string(state.phase));
  const auto add = [&](std::string_view key, const messages::Arguments& arguments) {
    text += "  " + messages::render(language, key, arguments);
  };
  const std::string items = std::to_string(state.items_done);
  if (state.items_total > state.items_done) {
    add("cli.progress.items_of", {{"done", items}, {"total", std::to_string(state.items_total)}});
  } else {
    add("cli.progress.items", {{"done", items}});
  }
  if (state.bytes_done > 0) {
    const std::string bytes = size_text(state.bytes_done);
    text +=
        "  " + (state.bytes_total > state.bytes_done ? bytes + " / " + size_text(state.bytes_total)
                                                     : bytes);
    text += "  " + size_text(bytes_per_second(state, elapsed_ns)) + "/s";
  }
  if (const std::int64_t left_ns = time_left_ns(state, elapsed_ns); left_ns > 0) {
    add("cli.progress.left", {{"time", duration_text(left_ns)}});
  }
  return text;
}

std::string progress_json(const job::ProgressState& state, std::int64_t elapsed_ns) {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", kJsonSchema);
  json.field("phase", std::string(state.phase));
  json.field("items_done", state.items_done);
  json.field("items_total", state.items_total);
  json.field("bytes_done", state.bytes_done);
  json.field("bytes_total", state.bytes_total);
  json.field("seconds", seconds_of(elapsed_ns));
  json.field("bytes_per_second", bytes_per_second(state, elapsed_ns));
  json.field("seconds_left", seconds_of(time_left_ns(state, elapsed_ns)));
  json.end();
  return out.str() + "\n";
}

ProgressLine::ProgressLine(ports::Console& console, ports::Clock& clock,
                           messages::Language language, ProgressForm form)
    : console_(console),
      clock_(clock),
      language_(language),
      form_(form),
      start_ns_(clock.monotonic_ns()),
      next_ns_(start_ns_ + period_ns(form)) {}

void ProgressLine::update(const job::ProgressState& state) {
  if (form_ == ProgressForm::none) return;
  const std::int64_t now_ns = clock_.monotonic_ns();
  const std::lock_guard lock(mutex_);
  if (state.phase != phase_) {
    phase_ = state.phase;
    if (state.items_done < items_done_) start_ns_ = now_ns;
  }
  items_done_ = state.items_done;
  if (now_ns < next_ns_) return;
  next_ns_ = now_ns + period_ns(form_);
  const std::int64_t elapsed_ns = now_ns - start_ns_;
  if (form_ == ProgressForm::terminal) {
    console_.write_error(std::string(kEraseLine) + progress_text(language_, state, elapsed_ns));
    shown_ = true;
  } else {
    console_.write_error(progress_json(state, elapsed_ns));
  }
}

void ProgressLine::clear() {
  const std::lock_guard lock(mutex_);
  if (shown_) console_.write_error(kEraseLine);
  shown_ = false;
}

}  // namespace holdfast::app
