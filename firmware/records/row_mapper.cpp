// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/row_mapper.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "firmware/records/ascii.h"
#include "hal/base/check.h"
#include "hal/base/path.h"

namespace holdfast::records {

namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::size_t kDurationDigitsMax = 15;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// 0, 0000-00-00 00:00:00: how systems write that there is no time.
bool is_no_time(std::string_view text) {
  return text.contains('0') && text.find_first_not_of("0-/:. ") == std::string_view::npos;
}

TimeZone zone_named(const std::string& name) {
  const auto zone = TimeZone::find(name);
  HF_CHECK(zone.has_value());
  return *zone;
}

std::size_t index_of(std::span<const std::string> columns, const std::string& column) {
  const auto found = std::ranges::find(columns, column);
  HF_CHECK(found != columns.end());
  return static_cast<std::size_t>(found - columns.begin());
}

std::optional<std::size_t> index_if_named(std::span<const std::string> columns,
                                          const std::string& column) {
  if (column.empty()) return std::nullopt;
  return index_of(columns, column);
}

// A decimal number: its whole part, and what of a thousand is behind the point.
struct Decimal {
  std::int64_t whole = 0;
  std::int64_t thousandths = 0;
  bool is_whole = true;  // nothing but zeros behind the point
};

std::optional<Decimal> decimal_of(std::string_view text) {
  Decimal out;
  const std::string_view digits = text.substr(0, text.find('.'));
  const char* end = digits.data() + digits.size();
  const auto [rest, failure] = std::from_chars(digits.data(), end, out.whole);
  if (failure != std::errc{} || rest != end) return std::nullopt;
  if (digits.size() == text.size()) return out;
  const std::string_view fraction = text.substr(digits.size() + 1);
  if (fraction.empty() || !std::ranges::all_of(fraction, is_digit)) return std::nullopt;
  out.is_whole = fraction.find_first_not_of('0') == std::string_view::npos;
  for (std::size_t i = 0; i < 3; ++i) {
    out.thousandths = out.thousandths * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  return out;
}

// 1:02:03.5, 62:03; hours may be more than a day has.
std::optional<std::int64_t> clock_ms_of(std::string_view text) {
  std::int64_t minutes = 0;
  std::size_t colons = 0;
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':')) {
    const auto part = decimal_of(text.substr(0, colon));
    if (!part || colon > 4 || !is_digit(text[0]) || ++colons > 2) return std::nullopt;
    if (colons == 2 && part->whole > 59) return std::nullopt;
    minutes = minutes * 60 + part->whole;
    text.remove_prefix(colon + 1);
  }
  const auto seconds = decimal_of(text);
  const bool is_good = colons > 0 && seconds && text.size() >= 2 && is_digit(text[0]) &&
                       is_digit(text[1]) && seconds->whole <= 59;
  if (!is_good) return std::nullopt;
  return (minutes * 60 + seconds->whole) * kSecondMs + seconds->thousandths;
}

std::optional<std::int64_t> duration_ms_of(std::string_view text, DurationUnit unit) {
  if (unit == DurationUnit::clock) return clock_ms_of(text);
  const auto count = decimal_of(text);
  if (!count || text.size() > kDurationDigitsMax || !is_digit(text[0])) return std::nullopt;
  if (unit == DurationUnit::seconds) return count->whole * kSecondMs + count->thousandths;
  return unit == DurationUnit::milliseconds ? count->whole : count->whole / 1000;
}

}  // namespace

RowMapper::RowMapper(const Mapping& mapping, std::span<const std::string> columns)
    : mapping_(mapping), zone_(zone_named(mapping.zone)), start_zone_(zone_) {
  if (!mapping.start.zone.empty()) start_zone_ = zone_named(mapping.start.zone);
  start_ = index_if_named(columns, mapping.start.column);
  if (start_) start_format_ = TimeFormat::parse(mapping.start.format);
  duration_ = index_if_named(columns, mapping.duration.column);
  for (const auto& column : mapping.key) key_.push_back(key_column(columns, column));
  if (!mapping.call_id.empty()) call_id_ = key_column(columns, mapping.call_id);
  for (const auto& column : mapping.number_columns) numbers_.push_back(key_column(columns, column));
  const RecordingRule& recording = mapping.recording;
  path_column_ = index_if_named(columns, recording.column);
  if (!recording.path_template.empty()) {
    template_ = PathTemplate::parse(recording.path_template);
    HF_CHECK(template_.has_value());
    for (const auto& column : template_->columns()) {
      template_columns_.push_back(key_column(columns, column));
    }
  }
  expected_ = index_if_named(columns, recording.expected.column);
  HF_CHECK(start_format_.has_value() == start_.has_value());
}

std::size_t RowMapper::key_column(std::span<const std::string> columns, const std::string& column) {
  const std::size_t index = index_of(columns, column);
  const auto known = std::ranges::find(key_columns_, index, &KeyColumn::index);
  const auto position = static_cast<std::size_t>(known - key_columns_.begin());
  if (known == key_columns_.end()) key_columns_.push_back({index, {}});
  return position;
}

std::string_view RowMapper::text_of_key(Fields fields, std::size_t key_column) const {
  const CsvField& field = fields[key_columns_[key_column].index];
  return field ? unwrapped(*field) : std::string_view();
}

void RowMapper::look(Fields fields) {
  for (KeyColumn& column : key_columns_) {
    if (const CsvField& field = fields[column.index]) column.digits.look(*field);
  }
}

void RowMapper::map(Fields fields, RowFacts& facts) {
  facts.fault = RowFault::none;
  facts.key.clear();
  facts.call_id.clear();
  facts.numbers.clear();
  facts.start_ms.reset();
  facts.duration_ms.reset();
  facts.path.clear();
  facts.expects_recording = true;
  facts.fault = take_all(fields, facts);
}

RowFault RowMapper::take_all(Fields fields, RowFacts& facts) {
  RowFault fault = damage_of(fields);
  if (fault == RowFault::none) fault = take_key(fields, facts.key);
  if (fault == RowFault::none && call_id_) facts.call_id = text_of_key(fields, *call_id_);
  if (fault == RowFault::none) fault = take_start(fields, facts);
  if (fault == RowFault::none) fault = take_duration(fields, facts);
  if (fault == RowFault::none) fault = take_numbers(fields, facts);
  if (fault == RowFault::none) fault = take_path(fields, facts);
  if (fault == RowFault::none) fault = take_expected(fields, facts);
  return fault;
}

RowFault RowMapper::damage_of(Fields fields) const {
  for (const KeyColumn& column : key_columns_) {
    const CsvField& field = fields[column.index];
    if (!field || column.index == start_) continue;  // a time that is part of the key is a time
    RowFault fault = excel_damage_of(FieldUse::key, *field);
    if (fault == RowFault::none) fault = column.digits.damage_of(*field);
    if (fault != RowFault::none) return fault;
  }
  return RowFault::none;
}

// Of one column its text; of several: those joined by |, with a backslash before any | or backslash
// of theirs, so that different rows have different keys.
RowFault RowMapper::take_key(Fields fields, std::string& key) const {
  if (key_.empty()) return RowFault::none;
  bool is_empty = true;
  for (std::size_t i = 0; i < key_.size(); ++i) {
    const std::string_view text = text_of_key(fields, key_[i]);
    is_empty = is_empty && text.empty();
    if (key_.size() == 1) {
      key = text;
      break;
    }
    if (i > 0) key += '|';
    for (const char byte : text) {
      if (byte == '|' || byte == '\\') key += '\\';
      key += byte;
    }
  }
  return is_empty ? RowFault::no_key : RowFault::none;
}

RowFault RowMapper::take_start(Fields fields, RowFacts& facts) {
  if (!start_ || !fields[*start_]) return RowFault::none;
  const std::string_view text = trimmed(unwrapped(*fields[*start_]));
  if (text.empty() || is_no_time(text)) return RowFault::none;
  const auto written = start_format_->read(text);
  if (!written) {
    const RowFault damage = excel_damage_of(FieldUse::time, text);
    return damage != RowFault::none ? damage : RowFault::bad_time;
  }
  if (written->is_moment) {
    facts.start_ms = written->ms;
    return RowFault::none;
  }
  const Moment moment = start_zone_.moment_of(written->ms);
  if (moment.kind == Moment::Kind::skipped) return RowFault::skipped_time;
  if (moment.kind == Moment::Kind::repeated) ++repeated_starts_;
  facts.start_ms = moment.utc_ms;
  return RowFault::none;
}

RowFault RowMapper::take_duration(Fields fields, RowFacts& facts) const {
  if (!duration_ || !fields[*duration_]) return RowFault::none;
  const std::string_view text = trimmed(unwrapped(*fields[*duration_]));
  if (text.empty()) return RowFault::none;
  facts.duration_ms = duration_ms_of(text, mapping_.duration.unit);
  return facts.duration_ms ? RowFault::none : RowFault::bad_duration;
}

RowFault RowMapper::take_numbers(Fields fields, RowFacts& facts) const {
  for (const std::size_t column : numbers_) {
    auto number = normalised_number(text_of_key(fields, column), mapping_.numbers);
    if (!number) return RowFault::bad_number;
    const bool is_new = std::ranges::find(facts.numbers, *number) == facts.numbers.end();
    if (!number->empty() && is_new) facts.numbers.push_back(std::move(*number));
  }
  return RowFault::none;
}

RowFault RowMapper::take_path(Fields fields, RowFacts& facts) {
  const RecordingRule& rule = mapping_.recording;
  path_.pieces.resize(1);
  if (path_column_) {
    std::string_view text = fields[*path_column_] ? unwrapped(*fields[*path_column_]) : "";
    if (text.empty()) return RowFault::none;
    if (text.starts_with(rule.strip)) text.remove_prefix(rule.strip.size());
    path_.pieces.front() = text;
    // As Windows has them.
    if (!text.contains('/')) std::ranges::replace(path_.pieces.front(), '\\', '/');
  } else if (template_) {
    values_.clear();
    for (const std::size_t column : template_columns_) {
      values_.push_back(text_of_key(fields, column));
    }
    std::optional<WallTime> start;
    if (facts.start_ms) start = zone_.wall_of(*facts.start_ms);
    if (!template_->fill(values_, start, path_)) return RowFault::none;
  } else {
    return RowFault::none;
  }
  if (!rule.folder.empty()) path_.pieces.front().insert(0, rule.folder + '/');
  const bool has_star = !path_.is_exact();
  const bool is_sound = has_star ? std::ranges::count(path_.text(), kStar) + 1 ==
                                       std::ssize(path_.pieces)  // none of a field's own
                                 : is_safe_relative_path(path_.prefix());
  if (!is_sound) return RowFault::bad_path;
  facts.path = path_.text();
  return RowFault::none;
}

RowFault RowMapper::take_expected(Fields fields, RowFacts& facts) const {
  const ExpectedRule& rule = mapping_.recording.expected;
  if (rule.kind == ExpectedRule::Kind::always) return RowFault::none;
  const CsvField& field = fields[*expected_];
  const std::string_view text = field ? trimmed(*field) : std::string_view();
  if (rule.kind == ExpectedRule::Kind::equals) {
    facts.expects_recording = field && text == rule.equals;
    return RowFault::none;
  }
  facts.expects_recording = !text.empty();
  if (text.empty() || rule.kind == ExpectedRule::Kind::not_empty) return RowFault::none;
  const auto number = decimal_of(text);
  if (!number) return RowFault::bad_amount;
  const bool is_a_little_more = !number->is_whole && !text.starts_with('-');
  facts.expects_recording =
      number->whole > rule.above || (number->whole == rule.above && is_a_little_more);
  return RowFault::none;
}

}  // namespace holdfast::records
