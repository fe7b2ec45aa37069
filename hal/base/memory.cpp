// SPDX-License-Identifier: Apache-2.0
#include "hal/base/memory.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <new>

namespace holdfast {

namespace {

// Until there is memory, or nobody to ask.
template <class Allocate>
void* ask_until_there(const Allocate& allocate) {
  while (true) {
    void* const memory = allocate();
    if (memory != nullptr) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

void* allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  if (size == 0) return nullptr;
  return ask_until_there([&] { return std::malloc(size); });
}

void* reallocate(void* memory, std::size_t size, const char* /*file*/, int /*line*/) {
  if (size == 0) {
    std::free(memory);
    return nullptr;
  }
  return ask_until_there([&] { return std::realloc(memory, size); });
}

void release(void* memory, const char* /*file*/, int /*line*/) {
  std::free(memory);
}

}  // namespace

bool let_openssl_ask_new_handler() {
  return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1;
}

}  // namespace holdfast
