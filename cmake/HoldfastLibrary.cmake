# SPDX-License-Identifier: Apache-2.0
# holdfast_library(pool DEPS erasure ports LINKS PkgConfig::ISAL [THREADS] [ROOT])
#   makes the static library holdfast::pool of this folder's *.cpp, and, where
#   tests/unit/pool/ has test files, the test program pool_test (ctest name: unit.pool).
#   THREADS labels the test for ThreadSanitizer; ROOT labels it as needing root.

set_property(GLOBAL PROPERTY HOLDFAST_REGISTERED_TESTS "")

function(holdfast_register_tests)
  set_property(GLOBAL APPEND PROPERTY HOLDFAST_REGISTERED_TESTS ${ARGN})
endfunction()

# holdfast_test(NAME unit.pool TARGET pool_test SOURCES ... DEPS ... [LABELS ...])
#   A tree for ThreadSanitizer has only the tests labelled `threads`, one for fuzzing has none.
function(holdfast_test)
  cmake_parse_arguments(ARG "" "NAME;TARGET" "SOURCES;DEPS;LABELS" ${ARGN})
  holdfast_register_tests(${ARG_SOURCES})
  if(HOLDFAST_SANITIZE STREQUAL "thread" AND NOT "threads" IN_LIST ARG_LABELS)
    return()
  endif()
  add_executable(${ARG_TARGET} ${ARG_SOURCES})
  target_link_libraries(${ARG_TARGET} PRIVATE ${ARG_DEPS} holdfast_test_support
    Catch2::Catch2WithMain holdfast_options)
  set_target_properties(${ARG_TARGET} PROPERTIES HOLDFAST_IS_TEST ON)
  if(HOLDFAST_SANITIZE)  # each case is many times slower; sweeps take longer strides
    target_compile_definitions(${ARG_TARGET} PRIVATE HOLDFAST_SANITIZED)
  endif()
  set(test ${HOLDFAST_TEST_PREFIX}${ARG_NAME})
  add_test(NAME ${test} COMMAND ${ARG_TARGET})
  set_tests_properties(${test} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()

function(holdfast_library name)
  cmake_parse_arguments(ARG "THREADS;ROOT" "" "DEPS;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_main\\.cpp$")
  set(scope PUBLIC)
  if(sources)
    add_library(holdfast_${name} STATIC ${sources})
  else()
    add_library(holdfast_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(holdfast::${name} ALIAS holdfast_${name})
  list(TRANSFORM ARG_DEPS PREPEND holdfast::)
  target_link_libraries(holdfast_${name} ${scope} ${ARG_DEPS} ${ARG_LINKS} holdfast_options)
  # Counters lie in a mapped file, so that copies of a process count on (tests/support/branches.h).
  if(name IN_LIST HOLDFAST_COVERAGE)
    target_compile_options(holdfast_${name} PRIVATE -fprofile-instr-generate -fcoverage-mapping
      "SHELL:-mllvm -runtime-counter-relocation")
  endif()

  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(tests)
    set(labels unit)
    if(ARG_THREADS)
      list(APPEND labels threads)
    endif()
    if(ARG_ROOT)
      list(APPEND labels root)
    endif()
    # Unit tests may use the simulated ports: they link hal/sim whatever the layer.
    set(test_deps holdfast::${name})
    if(NOT name STREQUAL "base" AND NOT name STREQUAL "ports")
      list(APPEND test_deps holdfast::sim)
    endif()
    holdfast_test(NAME unit.${name} TARGET ${name}_test SOURCES ${tests} DEPS ${test_deps} LABELS ${labels})
  endif()
endfunction()

function(holdfast_require_all_tests_registered)
  get_property(registered GLOBAL PROPERTY HOLDFAST_REGISTERED_TESTS)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/*_test.cpp)
  foreach(file ${found})
    if(NOT file IN_LIST registered)
      message(FATAL_ERROR "test file belongs to no test program: ${file}")
    endif()
  endforeach()
endfunction()
