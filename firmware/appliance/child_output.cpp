// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/child_output.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <utility>

#include "hal/base/path.h"

namespace holdfast::appliance {

namespace {

constexpr int kDepthMax = 16;

// nullptr if the text is none.
Poco::JSON::Object::Ptr parse_object(std::string_view text) {
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kDepthMax);
    return parser.parse(std::string(text)).extract<Poco::JSON::Object::Ptr>();
  } catch (const Poco::Exception&) {
    return nullptr;
  }
}

// The library throws for a value of another type.
template <class T>
T value_of(const Poco::JSON::Object& object, const std::string& key) {
  try {
    return object.optValue<T>(key, T());
  } catch (const Poco::Exception&) {
    return T();
  }
}

std::string error_part(std::string_view document, const std::string& key) {
  const auto object = parse_object(document);
  if (!object || !object->isObject("error")) return {};
  return value_of<std::string>(*object->getObject("error"), key);
}

}  // namespace

std::optional<JobProgress> parse_progress(std::string_view line) {
  const auto object = line.starts_with('{') ? parse_object(line) : nullptr;
  if (!object || !object->has("phase")) return std::nullopt;
  const auto number = [&](const std::string& key) { return value_of<Poco::UInt64>(*object, key); };
  return JobProgress{.phase = escape_path(value_of<std::string>(*object, "phase")),
                     .items_done = number("items_done"),
                     .items_total = number("items_total"),
                     .bytes_done = number("bytes_done"),
                     .bytes_total = number("bytes_total"),
                     .bytes_per_second = number("bytes_per_second"),
                     .seconds = value_of<double>(*object, "seconds"),
                     .seconds_left = value_of<double>(*object, "seconds_left")};
}

std::string error_code_of(std::string_view document) {
  return error_part(document, "code");
}

std::string error_text_of(std::string_view document) {
  return escape_path(error_part(document, "what"));
}

std::optional<std::vector<std::string>> unread_paths_of(std::string_view document) {
  const auto object = parse_object(document);
  const auto problems = object ? object->getArray("problems") : nullptr;
  if (!problems) return std::nullopt;
  if (problems->size() != value_of<Poco::UInt64>(*object, "problems_total")) return std::nullopt;
  std::vector<std::string> paths;
  for (unsigned i = 0; i < problems->size(); ++i) {
    const auto problem = problems->getObject(i);
    if (!problem) return std::nullopt;
    auto path = unescape_path(value_of<std::string>(*problem, "path"));
    if (!path) return std::nullopt;
    const bool is_gone =
        value_of<std::string>(*problem, "code") == name_of(ErrorCode::source_vanished);
    if (is_gone && !parent_of(*path).empty()) continue;  // a source itself is away, not gone
    paths.push_back(std::move(*path));
  }
  return paths;
}

std::optional<std::vector<std::string>> unread_by(const Job& job) {
  if (job.exit_code == 0) return std::vector<std::string>();
  return unread_paths_of(job.document);
}

bool has_read_sources(const Job& job) {
  if (job.state != JobState::done) return false;
  const auto unread = unread_by(job);
  const auto is_source = [](const std::string& path) { return parent_of(path).empty(); };
  return unread && std::ranges::none_of(*unread, is_source);
}

void ChildOutput::output(ByteView bytes) {
  const std::scoped_lock lock(mutex_);
  is_too_large_ = is_too_large_ || document_.size() + bytes.size() > kDocumentSizeMax;
  if (is_too_large_) {
    document_.clear();
  } else {
    document_ += text_of(bytes);
  }
}

void ChildOutput::error_output(ByteView bytes) {
  const std::scoped_lock lock(mutex_);
  for (const char each : text_of(bytes)) {
    if (each == '\n') {
      note_line();
    } else if (line_.size() < kLineSizeMax) {
      line_ += each;
    }
  }
}

// A warning comes as a document of its own.
void ChildOutput::note_line() {
  const std::string line = std::exchange(line_, {});
  if (line.empty()) return;
  if (auto progress = parse_progress(line)) {
    news_.progress = std::move(*progress);
  } else {
    const auto object = line.starts_with('{') ? parse_object(line) : nullptr;
    const std::string warning = object ? value_of<std::string>(*object, "warning") : std::string();
    if (news_.lines.size() == kLinesMax) news_.lines.erase(news_.lines.begin());
    news_.lines.push_back(warning.empty() ? escape_path(line) : warning);
  }
  bell_.ring();
}

void ChildOutput::ended(const ports::ProcessEnd& end) {
  const std::scoped_lock lock(mutex_);
  note_line();
  news_.end = end;
  news_.document = std::move(document_);
  bell_.ring();
}

ChildOutput::News ChildOutput::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(news_, {});
}

}  // namespace holdfast::appliance
