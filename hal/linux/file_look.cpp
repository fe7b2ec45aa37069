// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/file_look.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <limits>
#include <utility>

#include "hal/base/path.h"
#include "hal/linux/errno.h"
#include "hal/linux/folder.h"

namespace holdfast::linux {

namespace {

// A remote mount answers from what it keeps, for a minute and longer, that a name is not there too;
// it asks its server when it is told to, of the folder first. Where that fails, so does what
// follows.
void ask_server(const std::string& path) {
  struct statx unused{};
  static_cast<void>(
      ::statx(AT_FDCWD, path.c_str(), AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &unused));
}

Result<ports::FileStatus> look(const std::string& path) {
  ask_server(std::string(parent_of(path)) + "/");
  ask_server(path);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return last_error("status", path);
  return status_from(status);
}

}  // namespace

void LookThread::ask() {
  is_asked_ = true;
  wake_.ring();
}

std::optional<Result<ports::FileStatus>> LookThread::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(found_, std::nullopt);
}

void LookThread::leave() {
  {
    const std::scoped_lock lock(mutex_);
    bell_ = nullptr;
  }
  must_stop_ = true;
  wake_.ring();
}

void LookThread::run() {
  while (!must_stop_) {
    static_cast<void>(wake_.wait_until(std::numeric_limits<std::int64_t>::max()));
    if (must_stop_ || !is_asked_) continue;
    Result<ports::FileStatus> found = look(path_);
    const std::scoped_lock lock(mutex_);
    // In this order: who asks from here on gets another look.
    is_asked_ = false;
    found_ = std::move(found);
    if (bell_ != nullptr) bell_->ring();
  }
  has_ended_ = true;
}

}  // namespace holdfast::linux
