// SPDX-License-Identifier: Apache-2.0
// A mapping as anybody may write it: taken or refused with words, what is taken is written and read
// as the same, and understands any row or rejects it. The mapping ends with a zero byte; the fields
// of a row follow, each with one, and then the path of a recording.
#include <algorithm>
#include <cstddef>

#include "firmware/app/mapping_file.h"
#include "firmware/records/recording_names.h"
#include "firmware/records/row_mapper.h"
#include "firmware/records/time_format.h"
#include "hal/base/path.h"

using namespace holdfast;

namespace {

std::string_view take_text(std::string_view& rest) {
  const std::string_view text = rest.substr(0, rest.find('\0'));
  rest.remove_prefix(std::min(rest.size(), text.size() + 1));
  return text;
}

std::vector<std::string> columns_of(const records::Mapping& mapping) {
  std::vector<std::string> columns = {"of no interest"};
  for (const auto& named : records::named_columns(mapping)) {
    if (std::ranges::find(columns, named.column) == columns.end()) columns.push_back(named.column);
  }
  return columns;
}

void check_start(const std::optional<std::int64_t>& start_ms) {
  constexpr std::int64_t kDayMs = 86'400'000;  // a local time is on either side of its moment
  if (!start_ms) return;
  HF_CHECK(*start_ms > records::kMomentMin - kDayMs && *start_ms < records::kMomentMax + kDayMs);
}

void check_row(const records::Mapping& mapping, const records::RowFacts& facts) {
  if (facts.fault != records::RowFault::none) return;
  HF_CHECK(facts.key.empty() == mapping.key.empty());
  const auto pattern = records::PathPattern::parse(facts.path);
  HF_CHECK(facts.path.empty() || !pattern.is_exact() || is_safe_relative_path(facts.path));
  HF_CHECK(facts.path.empty() || is_within(pattern.prefix(), mapping.recording.folder));
  HF_CHECK(!facts.duration_ms || *facts.duration_ms >= 0);
  check_start(facts.start_ms);
  for (const std::string& number : facts.numbers) HF_CHECK(!number.empty());
  HF_CHECK(pattern.text() == facts.path);
  std::string path;
  for (const std::string& piece : pattern.pieces) path += piece;
  HF_CHECK(pattern.fits(path));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto english = messages::Language::english;
  const auto mapping = app::parse_mapping(take_text(rest), "mapping.toml", english);
  if (!mapping) {
    HF_CHECK(mapping.error().code == ErrorCode::bad_business);
    return 0;
  }
  const std::string again = app::write_mapping(*mapping);
  const auto reread = app::parse_mapping(again, "mapping.toml", english);
  HF_CHECK(reread.has_value());
  HF_CHECK(*reread == *mapping);
  HF_CHECK(app::write_mapping(*reread) == again);

  const auto columns = columns_of(*mapping);
  HF_CHECK(app::missing_columns_text(*mapping, columns, english).empty());
  records::RowMapper mapper(*mapping, columns);
  std::vector<records::CsvField> fields(columns.size());
  for (auto& field : fields) {
    if (!rest.empty()) field = take_text(rest);
  }
  records::RowFacts row;
  mapper.look(fields);
  mapper.map(fields, row);
  check_row(*mapping, row);
  records::RecordingFacts recording;
  recording.path = take_text(rest);
  records::RecordingNames(*mapping).read(recording);
  check_start(recording.start_ms);
  return 0;
}
