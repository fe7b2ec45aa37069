// SPDX-License-Identifier: Apache-2.0
// The classes that rows and recordings fall into, each into exactly one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::records {

// In the order of precedence: of those that are true of a row or recording the first one is its
// class. Names and numbers are frozen (docs/formats.md, section 10).
#define HOLDFAST_CALL_CLASSES(X)                                                            \
  X(row_rejected, 1)       /* row: a field that it is bound by is damaged */                \
  X(duplicate_key, 2)      /* row: another one before it has its key */                     \
  X(unreadable_audio, 3)   /* no sound to be had of it: empty, cut, or its header lies */   \
  X(duplicate_content, 4)  /* another recording has the same bytes and goes before it */    \
  X(contradiction, 5)      /* call id or path say one thing, other facts another */         \
  X(not_expected, 6)       /* row: no recording, and by the mapping's rule there is none */ \
  X(under_minimum, 7)      /* row: no recording, and too short to have one */               \
  X(recording_pruned, 14)  /* row: it had one, whose time ended, and a prune took it */     \
  X(missing_recording, 8)  /* row: no recording */                                          \
  X(orphan_recording, 9)   /* recording: no row */                                          \
  X(size_mismatch, 10)     /* the row tells another size */                                 \
  X(duration_mismatch, 11) /* the row tells another duration */                             \
  X(late, 12)              /* the recording came long after the call */                     \
  X(matched, 13)

enum class CallClass : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name, number) name = number,
  HOLDFAST_CALL_CLASSES(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};

inline constexpr std::array kCallClasses = {
#define HOLDFAST_VALUE(name, number) CallClass::name,
    HOLDFAST_CALL_CLASSES(HOLDFAST_VALUE)
#undef HOLDFAST_VALUE
};

// The name as written above.
[[nodiscard]] std::string_view name_of(CallClass call_class);
[[nodiscard]] std::optional<CallClass> call_class_named(std::string_view name);

// Those that are true of one row, recording or pair.
class ClassSet {
 public:
  void add(CallClass call_class, bool is_true = true) {
    if (is_true) bits_ = static_cast<std::uint16_t>(bits_ | 1U << bit_of(call_class));
  }
  // By precedence. Aborts if the set is empty: whoever makes one forgot a case.
  [[nodiscard]] CallClass first() const;

 private:
  static unsigned bit_of(CallClass call_class) { return static_cast<unsigned>(call_class); }

  std::uint16_t bits_ = 0;
};

// True if `left` goes before `right`.
[[nodiscard]] bool goes_before(CallClass left, CallClass right);

// How many of one kind fell into each class.
class ClassCounts {
 public:
  void add(CallClass call_class, std::uint64_t count = 1) {
    counts_[index_of(call_class)] += count;
  }
  void add(const ClassCounts& other);
  [[nodiscard]] std::uint64_t of(CallClass call_class) const {
    return counts_[index_of(call_class)];
  }
  [[nodiscard]] std::uint64_t sum() const;

  bool operator==(const ClassCounts&) const = default;

 private:
  [[nodiscard]] static std::size_t index_of(CallClass call_class);

  std::array<std::uint64_t, kCallClasses.size()> counts_{};  // in the order of precedence
};

}  // namespace holdfast::records
