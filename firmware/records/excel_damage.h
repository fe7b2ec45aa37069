// SPDX-License-Identifier: Apache-2.0
// What a spreadsheet program leaves of keys and times when somebody opens an export and saves it: a
// row with such a field must not be bound, for it would be bound by a value that nobody wrote.
//
//   as written            saved by Excel     told as           how it is known
//   13800138000           1.38E+10           excel_exponent    [-+]d[.,d...]E(+|-)dd[d]
//   110101199003071234    110101199003071000 excel_cut_digits  the column says it, see CutDigits
//   3-5                   3月5日, 5-Mar       excel_date        key: these, and YYYY/M/D
//   2024-03-05 09:08:07   2024/3/5 9:08      excel_date        time: no seconds, or no date
//   2024-03-05 09:08:07.1 08:07.1            excel_date        time: the same
//   2024-03-05 09:08:07   45356.38           excel_date        time: a count of days, five digits
//   -agent                #NAME?, #####      excel_error       its errors, and nothing but #
//
// Not seen, because nothing is left to see: a zero lost at the front (01012345678 -> 1012345678),
// digits lost behind a decimal point, and a long number in a column with few of them.
//
// Only fields that are a key or a time are asked about; business attributes are kept as they are.
#pragma once

#include <string_view>

#include "firmware/records/row_fault.h"

namespace holdfast::records {

enum class FieldUse {
  key,   // call id, number, contract: compared as text
  time,  // written to the second
};

// The key inside of what people write around it so that Excel leaves it alone: tabs before or
// behind, then one of ="...", a leading ' and a leading `. Other text comes back as it is.
[[nodiscard]] std::string_view unwrapped(std::string_view field);

// excel_exponent, excel_date, excel_error, or none. Of the unwrapped field.
[[nodiscard]] RowFault excel_damage_of(FieldUse use, std::string_view field);

// Excel keeps fifteen digits of a number and writes zeros for the rest. One number that ends in
// zeros may be right, so the column decides: all of its numbers with more than fifteen digits end
// so, and together they have at least three such zeros (by chance one column in a thousand has, and
// one in a million where six zeros stand). One that ends otherwise, or begins with a zero, has not
// been through Excel, and clears the column. So a file is read twice: first all of its rows are
// looked at, then asked about.
class CutDigits {
 public:
  void look(std::string_view field);
  // Of the same column, after all of it was looked at: excel_cut_digits, or none.
  [[nodiscard]] RowFault damage_of(std::string_view field) const;

 private:
  std::size_t zeros_ = 0;  // behind the fifteenth digits; no more than are needed are counted
  bool is_cleared_ = false;
};

}  // namespace holdfast::records
