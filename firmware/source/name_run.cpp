// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/name_run.h"

#include <algorithm>

namespace holdfast::source {

namespace {

constexpr std::size_t kBufferSize = 64 * kKiB;
constexpr std::string_view kEnd("\0", 1);

}  // namespace

RunWriter::RunWriter(std::string path, std::unique_ptr<ports::WriteFile> file)
    : path_(std::move(path)), file_(std::move(file)), buffer_(kBufferSize) {}

Result<void> RunWriter::add(std::string_view name) {
  if (buffer_.size() + name.size() + kEnd.size() > kBufferSize) {
    HF_TRY(file_->append(buffer_.view()));
    buffer_.clear();
  }
  buffer_.append(view_of(name));
  buffer_.append(view_of(kEnd));
  return {};
}

Result<Run> RunWriter::finish() {
  HF_TRY(file_->append(buffer_.view()));
  return Run{std::move(path_), file_->size()};
}

Result<RunWriter> RunStore::create() {
  if (files_made_ == 0) HF_TRY(scratch_.make_directory(folder_));
  std::string path = folder_ + "/" + std::to_string(files_made_++) + ".tmp";
  auto file = scratch_.create(path);
  if (!file && file.error().code == ErrorCode::already_exists) {
    HF_TRY(scratch_.remove(path));
    file = scratch_.create(path);
  }
  if (!file) return std::move(file.error());
  return RunWriter(std::move(path), *std::move(file));
}

Result<std::unique_ptr<ports::ReadFile>> RunStore::open(const Run& run) {
  return scratch_.open(run.path);
}

Result<void> RunStore::remove(const Run& run) {
  return scratch_.remove(run.path);
}

Result<std::optional<std::string_view>> RunReader::next() {
  if (offset_ + used_ == run_.size) return std::nullopt;
  auto name = name_in_buffer();
  if (!name) {
    HF_TRY(fill());
    name = name_in_buffer();
  }
  if (!name) return make_error(ErrorCode::damaged, run_.path, {{"what", "name without an end"}});
  used_ += name->size() + kEnd.size();
  return name;
}

void RunReader::park() {
  offset_ += used_;
  used_ = 0;
  buffer_ = Buffer();
  file_.reset();
}

Result<void> RunReader::fill() {
  if (file_ == nullptr) {
    HF_TRY(file_, store_->open(run_));
  }
  offset_ += used_;
  used_ = 0;
  buffer_.reserve(kBufferSize);
  buffer_.resize(std::min<std::uint64_t>(kBufferSize, run_.size - offset_));
  return file_->read_all(offset_, buffer_.span());
}

std::optional<std::string_view> RunReader::name_in_buffer() const {
  const std::string_view rest = text_of(buffer_.view()).substr(used_);
  const std::size_t end = rest.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

}  // namespace holdfast::source
