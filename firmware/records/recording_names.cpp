// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/recording_names.h"

#include "hal/base/check.h"

namespace holdfast::records {

RecordingNames::RecordingNames(const Mapping& mapping) : rules_(mapping.numbers) {
  const RecordingRule& recording = mapping.recording;
  if (recording.name_pattern.empty()) return;
  pattern_ = NamePattern::parse(recording.name_pattern);
  zone_ = TimeZone::find(mapping.zone);
  HF_CHECK(pattern_ && zone_);
  if (!recording.start_format.empty()) format_ = TimeFormat::parse(recording.start_format);
}

void RecordingNames::read(RecordingFacts& facts) {
  if (pattern_) pattern_->read(facts, rules_, format_, *zone_);
}

}  // namespace holdfast::records
