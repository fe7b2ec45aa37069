# SPDX-License-Identifier: Apache-2.0
# Language level, warnings and sanitizers: the same for every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(HOLDFAST_SANITIZE "" CACHE STRING "comma-separated sanitizers, e.g. address,undefined")
option(HOLDFAST_FUZZ "build the fuzzers (clang only)" OFF)
set(HOLDFAST_COVERAGE "" CACHE STRING "folders of firmware whose branches tools/coverage counts")
option(HOLDFAST_BATCH_TESTS "compile the tests several sources at a time" OFF)
option(HOLDFAST_LINT "make the rules of the house tests of this build tree" OFF)
set(HOLDFAST_TEST_PREFIX "" CACHE STRING "before each test's name: tells build trees apart")

find_program(HOLDFAST_CCACHE ccache)
if(HOLDFAST_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HOLDFAST_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${HOLDFAST_CCACHE})
endif()

add_library(holdfast_options INTERFACE)
target_include_directories(holdfast_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(holdfast_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
# A broken invariant aborts in every build, so assertions of the standard library stay on in tests.
target_compile_definitions(holdfast_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

# Line tables are what a backtrace needs; whole debug information takes a quarter of the compile time.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" OR HOLDFAST_SANITIZE)
  target_compile_options(holdfast_options INTERFACE -g1)
endif()

# What is tested is optimised. The tests need not be, and take half the time to compile.
define_property(TARGET PROPERTY HOLDFAST_IS_TEST BRIEF_DOCS "compiled without optimisation")
set(is_test $<BOOL:$<TARGET_PROPERTY:HOLDFAST_IS_TEST>>)
target_compile_options(holdfast_options INTERFACE $<${is_test}:-O0>)
if(HOLDFAST_SANITIZE)
  target_compile_options(holdfast_options INTERFACE $<$<NOT:${is_test}>:-O1>
    -fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(holdfast_options INTERFACE -fsanitize=${HOLDFAST_SANITIZE})
endif()
if(HOLDFAST_COVERAGE)
  target_link_options(holdfast_options INTERFACE -fprofile-instr-generate)
endif()
if(HOLDFAST_FUZZ)
  target_compile_options(holdfast_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
