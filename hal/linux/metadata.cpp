// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/metadata.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hal/linux/attributes.h"
#include "hal/linux/errno.h"
#include "hal/ports/file_owner.h"

namespace holdfast::linux {

namespace {

// {access time: as it is, modification time}
std::array<timespec, 2> times_of(const ports::FileMetadata& metadata) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = metadata.mtime_ns / kSecond;
  std::int64_t fraction = metadata.mtime_ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --seconds;
  }
  return {timespec{0, UTIME_OMIT}, timespec{seconds, fraction}};
}

// chown() takes this very number for "as it is".
static_assert(static_cast<uid_t>(-1) == ports::kOwnerAsIs);
static_assert(static_cast<gid_t>(-1) == ports::kOwnerAsIs);

bool owner_refused(int result) {
  return result != 0 && !(errno == EPERM && ::geteuid() != 0);
}

// A program that runs as its owner must not come to run as whoever restored it.
mode_t mode_for(const ports::FileMetadata& metadata, bool is_given) {
  constexpr mode_t kAll = 07777;
  constexpr mode_t kAsOwner = S_ISUID | S_ISGID;
  const bool is_owned = is_given && metadata.uid != ports::kOwnerAsIs;
  return metadata.mode & (is_owned ? kAll : kAll & ~kAsOwner);
}

// Keeps the first error.
class Outcome {
 public:
  explicit Outcome(const std::string& where) : where_(where) {}
  void failed_if(bool failed, std::string_view operation) {
    if (failed && result_) result_ = last_error(operation, where_);
  }
  void note(Result<void> result) {
    if (result_) result_ = std::move(result);
  }
  [[nodiscard]] Result<void> take() { return std::move(result_); }

 private:
  const std::string& where_;
  Result<void> result_;
};

}  // namespace

Result<void> apply_to_file(const Descriptor& file, const ports::FileMetadata& metadata,
                           const std::string& where) {
  Outcome outcome(where);
  const int given = ::fchown(file.number(), metadata.uid, metadata.gid);
  outcome.failed_if(owner_refused(given), "set owner");
  if (metadata.attributes != nullptr) {
    outcome.note(write_attributes(AttributeOwner::of_file(file), *metadata.attributes, where));
  }
  outcome.failed_if(::fchmod(file.number(), mode_for(metadata, given == 0)) != 0, "set mode");
  outcome.failed_if(::futimens(file.number(), times_of(metadata).data()) != 0, "set times");
  return outcome.take();
}

Result<void> apply_to_name(const Descriptor& folder, const std::string& name,
                           const ports::FileMetadata& metadata, const std::string& where) {
  Outcome outcome(where);
  const int fd = folder.number();
  const int given = ::fchownat(fd, name.c_str(), metadata.uid, metadata.gid, AT_SYMLINK_NOFOLLOW);
  outcome.failed_if(owner_refused(given), "set owner");
  if (metadata.attributes != nullptr) {
    outcome.note(
        write_attributes(AttributeOwner::of_name(folder, name), *metadata.attributes, where));
  }
  if (metadata.type != ports::FileType::symlink) {
    const mode_t mode = mode_for(metadata, given == 0);
    outcome.failed_if(::fchmodat(fd, name.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0, "set mode");
  }
  outcome.failed_if(
      ::utimensat(fd, name.c_str(), times_of(metadata).data(), AT_SYMLINK_NOFOLLOW) != 0,
      "set times");
  return outcome.take();
}

}  // namespace holdfast::linux
