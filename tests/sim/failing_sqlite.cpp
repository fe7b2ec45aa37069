// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/failing_sqlite.h"

#include <dlfcn.h>
#include <sqlite3.h>

#include <cstdlib>
#include <utility>

namespace holdfast::test {

namespace {

FailingSqlite::Ask asked;
bool is_inside = false;  // of a call of SQLite, which calls its own functions

template <class Function>
Function* of_library(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

int failure_now() {
  if (!asked || is_inside) return SQLITE_OK;
  const auto code = asked();
  if (!code) return SQLITE_OK;
  if (*code == ErrorCode::out_of_memory) return SQLITE_NOMEM;
  if (*code == ErrorCode::damaged) return SQLITE_CORRUPT;
  return *code == ErrorCode::no_space ? SQLITE_FULL : SQLITE_IOERR;
}

template <class Call>
int unless_failing(const Call& call) {
  if (const int failure = failure_now(); failure != SQLITE_OK) return failure;
  const bool was_inside = std::exchange(is_inside, true);
  const int code = call();
  is_inside = was_inside;
  return code;
}

}  // namespace

FailingSqlite::FailingSqlite(Ask ask) {
  asked = std::move(ask);
}

FailingSqlite::~FailingSqlite() {
  asked = {};
}

}  // namespace holdfast::test

using holdfast::test::of_library;
using holdfast::test::unless_failing;

extern "C" {

int sqlite3_step(sqlite3_stmt* statement) {
  return unless_failing(
      [&] { return of_library<decltype(sqlite3_step)>("sqlite3_step")(statement); });
}

int sqlite3_exec(sqlite3* database, const char* sql, int (*row)(void*, int, char**, char**),
                 void* argument, char** message) {
  return unless_failing([&] {
    return of_library<decltype(sqlite3_exec)>("sqlite3_exec")(database, sql, row, argument,
                                                              message);
  });
}

}  // extern "C"
