// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/errno.h"

#include <cerrno>
#include <system_error>

namespace holdfast::linux {

namespace {

ErrorCode code_of(int number) {
  switch (number) {
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::already_exists;
    case ENOTDIR:
      return ErrorCode::not_a_directory;
    case EISDIR:
      return ErrorCode::is_a_directory;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::no_space;
    case EROFS:
      return ErrorCode::read_only;
    case EACCES:
    case EPERM:
      return ErrorCode::permission_denied;
    case ENAMETOOLONG:
      return ErrorCode::name_too_long;
    case ENOMEM:
      return ErrorCode::out_of_memory;
    default:
      return ErrorCode::io;
  }
}

bool is_retryable(int number) {
  return number == EAGAIN || number == EINTR || number == EMFILE || number == ENFILE;
}

}  // namespace

Error error_of(int number, std::string_view operation, std::string where) {
  // generic_category() and not strerror(): it is safe in threads.
  Error error = make_error(
      code_of(number), std::move(where),
      {{"operation", std::string(operation)}, {"reason", std::generic_category().message(number)}});
  error.retryable = is_retryable(number);
  return error;
}

Error last_error(std::string_view operation, std::string where) {
  return error_of(errno, operation, std::move(where));
}

}  // namespace holdfast::linux
