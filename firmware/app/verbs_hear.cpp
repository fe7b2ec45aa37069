// SPDX-License-Identifier: Apache-2.0
// hear: a recording as any player takes it, or the peaks of its sound to draw. What is stored stays
// as it is; `cat` hands that out.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/decoder.h"
#include "firmware/app/pruned.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/browse.h"
#include "firmware/vault/loss.h"

namespace holdfast::app {

namespace {

// It is in memory three times over while it is decoded.
constexpr std::size_t kRecordingMax = 128 << 20;

Result<Bytes> read_recording(Session& session, vault::Business& business, const std::string& path,
                             const std::string& snapshot_text) {
  HF_TRY(const auto selector, parse_snapshot(snapshot_text, session.language()));
  HF_TRY(const auto snapshot, business.find_snapshot(selector));
  warn_of_state(session, snapshot);
  Bytes recording;
  auto read = job::print_item(
      business, snapshot, path, {}, &session.stop(), [&](ByteView bytes) -> Result<void> {
        if (bytes.size() > kRecordingMax - recording.size()) {
          return make_error(ErrorCode::no_sound, path, {{"what", "sound_size"}});
        }
        recording.insert(recording.end(), bytes.begin(), bytes.end());
        return {};
      });
  if (read) return recording;
  read.error().data_loss |= vault::is_loss(read.error());
  return explain_missing(business, std::move(read.error()));
}

Error broken_decoder(const std::string& path) {
  return make_error(ErrorCode::no_sound, path, {{"what", "sound_decoder"}});
}

void write_sound(JsonWriter& json, const HeardSound& sound, ByteView peaks) {
  constexpr std::uint64_t kMilliseconds = 1000;
  json.field("form", sound.form);
  json.field("plain", sound.is_plain);
  json.field("cut", sound.is_cut);
  json.field("more", sound.is_more);
  json.field("rate", sound.rate);
  json.field("channels", sound.channels);
  json.field("frames", sound.frames);
  json.field("duration_ms", sound.frames * kMilliseconds / sound.rate);
  json.field("bytes", sound.wave_size());
  json.begin_array("peaks");
  const std::size_t of_channel = peaks.size() / sound.channels;
  for (std::size_t at = 0; at < peaks.size(); at += of_channel) {
    json.begin_array();
    for (const std::uint8_t peak : peaks.subspan(at, of_channel)) {
      json.element(static_cast<std::int8_t>(peak));
    }
    json.end();
  }
  json.end();
}

Result<ExitCode> tell_sound(Session& session, const DecoderPorts& ports, DecoderRequest request,
                            const std::string& path, std::uint64_t count) {
  Bytes peaks;
  const std::size_t peaks_max = count * 2 * 8;
  HF_TRY(const HeardSound sound, decode(ports, std::move(request), path, session.stop(),
                                        [&](const HeardSound&, ByteView bytes) -> Result<void> {
                                          if (bytes.size() > peaks_max - peaks.size()) {
                                            return broken_decoder(path);
                                          }
                                          peaks.insert(peaks.end(), bytes.begin(), bytes.end());
                                          return {};
                                        }));
  if (peaks.size() != std::min(count, sound.frames) * 2 * sound.channels) {
    return broken_decoder(path);
  }
  write_sound(session.json(), sound, peaks);
  return ExitCode::done;
}

}  // namespace

Result<ExitCode> run_hear(Session& session, const HearOptions& options) {
  const messages::Language language = session.language();
  HF_TRY(const std::string path, parse_item_path(options.item.path, language));
  HF_TRY(const std::uint64_t first,
         parse_count(options.item.from_byte, "--from-byte", 0, language));
  HF_TRY(const std::uint64_t count,
         parse_count(options.item.bytes, "--bytes", job::ByteRange{}.length, language));
  HF_TRY(check_reason(options.item.reason, language));
  HF_TRY(const auto business, session.open_business(options.item.name, vault::Access::read));
  DecoderRequest request;
  HF_TRY(request.recording, read_recording(session, *business, path, options.item.snapshot));
  const DecoderPorts ports{session.ports().processes, session.ports().clock,
                           session.ports().decoder};
  if (session.wants_json()) {
    request.words = {"peaks", ending_of(path), std::to_string(options.peaks)};
    return tell_sound(session, ports, std::move(request), path,
                      static_cast<std::uint64_t>(options.peaks));
  }
  request.words = {"wave", ending_of(path), std::to_string(first), std::to_string(count)};
  const auto wanted_of = [&](const HeardSound& sound) {
    const std::uint64_t size = sound.wave_size();
    return first < size ? std::min(count, size - first) : 0;
  };
  std::uint64_t written = 0;
  const auto write = [&](const HeardSound& sound, ByteView bytes) -> Result<void> {
    if (bytes.size() > wanted_of(sound) - written) return broken_decoder(path);
    written += bytes.size();
    return session.output().write(text_of(bytes));
  };
  HF_TRY(const HeardSound sound, decode(ports, std::move(request), path, session.stop(), write));
  if (written != wanted_of(sound)) return broken_decoder(path);
  return ExitCode::done;
}

}  // namespace holdfast::app
