// SPDX-License-Identifier: Apache-2.0
// A test run that branches: at chosen moments the process is copied, and the copy goes another way
// to its end while the first one waits, and then goes on as if nothing had been. So what leads up
// to a moment is done once, whatever the number of ways from there.
//
//   good run  ----+--------+--------+------>
//                 |        |        |
//                 cut      cut      cut       each ends with its checks, and its exit code tells
//
// For one thread alone: a copy has no other. A copy may branch itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace holdfast::test {

// A number that all copies have in common. Begins with 0.
class Tally {
 public:
  Tally();
  ~Tally();
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  void add(std::uint64_t more);
  [[nodiscard]] std::uint64_t sum() const;

 private:
  std::atomic<std::uint64_t>* shared_;
};

// Numbers that any copy has met.
class SharedSet {
 public:
  explicit SharedSet(std::size_t count_max = std::size_t{1} << 20);
  ~SharedSet();
  SharedSet(const SharedSet&) = delete;
  SharedSet& operator=(const SharedSet&) = delete;

  // False if it was there already. 0 is no number. More than half of `count_max` are too many.
  bool add(std::uint64_t number);

 private:
  std::size_t count_max_;
  std::atomic<std::uint64_t>* places_;
};

class Branches {
 public:
  Branches() = default;
  Branches(const Branches&) = delete;
  Branches& operator=(const Branches&) = delete;

  // Runs `body`, in which split() is called. A copy ends where the body ends, or throws; this
  // process goes on, and its test has failed if a copy's has.
  void run(const std::function<void()>& body);

  // True in the copy, and false in this process, which then has waited for its end. `way`: what the
  // copy will do, for whoever reads that it failed. After some copies have failed there are no
  // more.
  [[nodiscard]] bool split(const std::string& way);

  [[nodiscard]] bool is_copy() const { return is_copy_; }

 private:
  static constexpr int kFailedMax = 5;
  bool is_copy_ = false;
  int failed_ = 0;
};

}  // namespace holdfast::test
