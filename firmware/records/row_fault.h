// SPDX-License-Identifier: Apache-2.0
// Why a row of a business's data is rejected. A rejected row is never bound; its bytes are kept as
// they are.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::records {

// One list, so that enumerator and name cannot drift apart.
#define HOLDFAST_ROW_FAULTS(X)                                                                 \
  X(none)                                                                                      \
  X(stray_quote)      /* a quote inside an unquoted field, or text after a closing quote */    \
  X(unclosed_quote)   /* a quote is opened, and what follows does not close it as it should */ \
  X(cut_escape)       /* the file ends in a backslash */                                       \
  X(row_too_long)     /* above the bound for one row */                                        \
  X(nul_byte)         /* a byte of zero that stands there as it is */                          \
  X(invalid_text)     /* bytes that mean nothing in the file's charset */                      \
  X(other_charset)    /* the row is written in another charset than the file */                \
  X(bom_inside)       /* a byte order mark that is not at the file's start */                  \
  X(field_count)      /* more fields or fewer than there are columns */                        \
  X(excel_exponent)   /* 1.38E+10: the digits of a number are gone */                          \
  X(excel_cut_digits) /* all digits after the fifteenth are zeros */                           \
  X(excel_date)       /* a key made into a date, or a time without its seconds */              \
  X(excel_error)      /* #NAME? or the like, or ##### of a column too narrow */                \
  X(no_key)           /* all of the columns that make a row unique are empty */                \
  X(bad_time)         /* not a time as the mapping has it, or not between 1990 and 2200 */     \
  X(skipped_time)     /* a local time that never was: clocks were set forward over it */       \
  X(bad_duration)     /* not a duration as the mapping has it */                               \
  X(bad_number)       /* not one telephone number */                                           \
  X(bad_amount)       /* what says if a recording is expected is no number */                  \
  X(bad_path)         /* a path that does not lie below the folder of the recordings */

enum class RowFault : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_ROW_FAULTS(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};

inline constexpr unsigned kRowFaults = 0
#define HOLDFAST_ONE_MORE(name) +1
    HOLDFAST_ROW_FAULTS(HOLDFAST_ONE_MORE);
#undef HOLDFAST_ONE_MORE

// The name as written above: what reports give as the reason's code.
[[nodiscard]] std::string_view name_of(RowFault fault);

}  // namespace holdfast::records
