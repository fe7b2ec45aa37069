// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error; must be looked at.
//
//   Result<Bytes> load(Disk& disk) {
//     HF_TRY(auto file, disk.open("label.a"));   // returns the error, or declares `file`
//     HF_TRY(file->sync());                      // for Result<void>
//     ...
//   }
#pragma once

#include <expected>
#include <type_traits>
#include <utility>

#include "hal/base/check.h"
#include "hal/base/error.h"

namespace holdfast {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(Error error) : state_(std::unexpected(std::move(error))) {}  // NOLINT: implicit on purpose
  template <class U = T>
    requires(!std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> && std::is_constructible_v<T, U>)
  Result(U&& value) : state_(std::in_place, std::forward<U>(value)) {}  // NOLINT: implicit

  [[nodiscard]] bool has_value() const { return state_.has_value(); }
  [[nodiscard]] explicit operator bool() const { return state_.has_value(); }

  [[nodiscard]] T& value() & {
    HF_CHECK(has_value());
    return *state_;
  }
  [[nodiscard]] const T& value() const& {
    HF_CHECK(has_value());
    return *state_;
  }
  // By value: what a temporary held outlives it (`for (auto& x : *list())`).
  [[nodiscard]] T value() && {
    HF_CHECK(has_value());
    return std::move(*state_);
  }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] Error& error() {
    HF_CHECK(!has_value());
    return state_.error();
  }
  [[nodiscard]] const Error& error() const {
    HF_CHECK(!has_value());
    return state_.error();
  }

 private:
  std::expected<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::unexpected(std::move(error))) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool has_value() const { return state_.has_value(); }
  [[nodiscard]] explicit operator bool() const { return state_.has_value(); }
  void value() const { HF_CHECK(has_value()); }
  void operator*() const { value(); }

  [[nodiscard]] Error& error() {
    HF_CHECK(!has_value());
    return state_.error();
  }
  [[nodiscard]] const Error& error() const {
    HF_CHECK(!has_value());
    return state_.error();
  }

 private:
  std::expected<void, Error> state_;
};

}  // namespace holdfast

#define HF_TRY_JOIN_(a, b) a##b
#define HF_TRY_NAME_(line) HF_TRY_JOIN_(hf_result_, line)
#define HF_TRY_DECLARE_(name, declaration, expression)       \
  auto name = (expression);                                  \
  if (!(name).has_value()) return std::move((name).error()); \
  declaration = std::move(name).value()
#define HF_TRY_VOID_(name, expression) \
  if (auto name = (expression); !(name).has_value()) return std::move((name).error())
#define HF_TRY_2_(declaration, expression) \
  HF_TRY_DECLARE_(HF_TRY_NAME_(__LINE__), declaration, expression)
#define HF_TRY_1_(expression) HF_TRY_VOID_(HF_TRY_NAME_(__LINE__), expression)
#define HF_TRY_PICK_(a, b, name, ...) name

// HF_TRY(declaration, expression) or HF_TRY(expression): leaves the function with the error.
#define HF_TRY(...) HF_TRY_PICK_(__VA_ARGS__, HF_TRY_2_, HF_TRY_1_, )(__VA_ARGS__)
