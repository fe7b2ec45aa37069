# SPDX-License-Identifier: Apache-2.0
# Every third-party library, once. A folder names the ones it needs in holdfast_library(... LINKS ...).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(Catch2 2.13 REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation JSON)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 2.1 REQUIRED)
