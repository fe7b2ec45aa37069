// SPDX-License-Identifier: Apache-2.0
// What the clients of several kinds of database make of a connection's settings.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

// The file of certificates that a server's is checked against.
[[nodiscard]] std::string ca_file_of(const ports::SqlConnection& connection);

// The password as C code takes it: with a zero at its end.
class CPassword {
 public:
  explicit CPassword(const SecretBytes& password);
  [[nodiscard]] const char* get() const {
    return reinterpret_cast<const char*>(bytes_.view().data());
  }

 private:
  SecretBytes bytes_;
};

}  // namespace holdfast::linux
