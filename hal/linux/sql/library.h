// SPDX-License-Identifier: Apache-2.0
// A client library that is loaded when the first connection needs it: a program that reads no
// database starts without its thirty libraries, and a box without one of them works otherwise.
//
//   #define HOLDFAST_LIBPQ(X) X(PQexec) X(PQfinish)
//   struct Libpq {
//     HOLDFAST_LIBPQ(HOLDFAST_CLIENT_FUNCTION)
//   };
//   Library library("libpq.so.5");
//   HOLDFAST_LIBPQ(HOLDFAST_FIND_FUNCTION)     // fills `functions`, a Libpq
#pragma once

namespace holdfast::linux {

// Never unloaded: such libraries keep threads and global state.
class Library {
 public:
  explicit Library(const char* name);

  // False, also if one of the functions asked for was not there.
  [[nodiscard]] bool ok() const { return handle_ != nullptr; }
  template <class Function>
  void find(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(address_of(name));
  }

 private:
  [[nodiscard]] void* address_of(const char* name);

  void* handle_;
};

}  // namespace holdfast::linux

#define HOLDFAST_CLIENT_FUNCTION(name) decltype(&::name) name = nullptr;
#define HOLDFAST_FIND_FUNCTION(name) library.find(functions.name, #name);
