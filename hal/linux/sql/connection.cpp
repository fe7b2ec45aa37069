// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/connection.h"

namespace holdfast::linux {

namespace {

constexpr const char* kSystemCaFile = "/etc/ssl/certs/ca-certificates.crt";

Bytes with_zero(ByteView bytes) {
  Bytes out;
  out.reserve(bytes.size() + 1);  // else a copy that nobody wipes would be left behind
  out.assign(bytes.begin(), bytes.end());
  out.push_back(0);
  return out;
}

}  // namespace

std::string ca_file_of(const ports::SqlConnection& connection) {
  return connection.ca_file.empty() ? kSystemCaFile : connection.ca_file;
}

CPassword::CPassword(const SecretBytes& password) : bytes_(with_zero(password.view())) {}

}  // namespace holdfast::linux
