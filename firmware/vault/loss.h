// SPDX-License-Identifier: Apache-2.0
// Which errors say that stored data cannot be had back (P1: then they are listed, item by item).
#pragma once

#include "hal/base/error.h"

namespace holdfast::vault {

[[nodiscard]] inline bool is_loss(const Error& error) {
  switch (error.code) {
    case ErrorCode::data_lost:
    case ErrorCode::damaged:
    case ErrorCode::bad_magic:
    case ErrorCode::wrong_key:
    case ErrorCode::truncated:
    case ErrorCode::limit_exceeded:
      return true;
    default:
      return false;
  }
}

}  // namespace holdfast::vault
