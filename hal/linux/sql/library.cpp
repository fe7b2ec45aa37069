// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/library.h"

#include <dlfcn.h>

#include <utility>

namespace holdfast::linux {

Library::Library(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

void* Library::address_of(const char* name) {
  if (handle_ == nullptr) return nullptr;
  void* address = ::dlsym(handle_, name);
  if (address == nullptr) handle_ = nullptr;
  return address;
}

}  // namespace holdfast::linux
