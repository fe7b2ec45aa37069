// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/row_fault.h"

#include <array>

#include "hal/base/check.h"

namespace holdfast::records {

namespace {

constexpr std::array kNames = {
#define HOLDFAST_NAME(name) std::string_view(#name),
    HOLDFAST_ROW_FAULTS(HOLDFAST_NAME)
#undef HOLDFAST_NAME
};

}  // namespace

std::string_view name_of(RowFault fault) {
  const auto index = static_cast<std::size_t>(fault);
  HF_CHECK(index < kNames.size());
  return kNames.at(index);
}

}  // namespace holdfast::records
