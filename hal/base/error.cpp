// SPDX-License-Identifier: Apache-2.0
#include "hal/base/error.h"

#include <array>

#include "hal/base/check.h"

namespace holdfast {

namespace {

constexpr std::array kNames = {
#define HOLDFAST_NAME(name) std::string_view(#name),
    HOLDFAST_ERROR_CODES(HOLDFAST_NAME)
#undef HOLDFAST_NAME
};

}  // namespace

std::string_view name_of(ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  HF_CHECK(index < kNames.size());
  return kNames.at(index);
}

bool Error::is_of_process() const {
  return retryable || code == ErrorCode::power_cut || code == ErrorCode::out_of_memory;
}

std::string_view Error::argument(std::string_view key) const {
  for (const ErrorArgument& argument : arguments) {
    if (argument.key == key) return argument.value;
  }
  return {};
}

Error make_error(ErrorCode code, std::string where, std::vector<ErrorArgument> arguments) {
  Error error;
  error.code = code;
  error.where = std::move(where);
  error.arguments = std::move(arguments);
  return error;
}

std::string debug_text(const Error& error) {
  std::string text(name_of(error.code));
  if (!error.where.empty()) text += " at " + error.where;
  for (const ErrorArgument& argument : error.arguments) {
    text += " " + argument.key + "=" + argument.value;
  }
  return text;
}

}  // namespace holdfast
