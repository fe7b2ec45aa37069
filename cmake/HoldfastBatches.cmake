# SPDX-License-Identifier: Apache-2.0
# holdfast_compile_in_batches(ALL or TESTS): the sources of each target, or of tests alone, several
# at a time (tools/batches.py).
# Most of the time of a compile goes into headers. For build trees that are made to be run
# once: a change of one source compiles its whole batch.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# Appends a line of target, tab and source to HOLDFAST_BATCHED for each source below the folder.
function(holdfast_collect_sources folder which)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    get_target_property(is_test ${target} HOLDFAST_IS_TEST)
    if(NOT type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$" OR (which STREQUAL "TESTS" AND NOT is_test))
      continue()
    endif()
    get_target_property(sources ${target} SOURCES)
    get_target_property(origin ${target} SOURCE_DIR)
    foreach(source ${sources})
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${origin} NORMALIZE)
      if(source MATCHES "\\.cpp$" AND EXISTS ${source})
        set_property(GLOBAL APPEND_STRING PROPERTY HOLDFAST_BATCHED "${target}\t${source}\n")
      endif()
    endforeach()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(each ${folders})
    holdfast_collect_sources(${each} ${which})
  endforeach()
endfunction()

function(holdfast_compile_in_batches which)
  holdfast_collect_sources(${CMAKE_SOURCE_DIR} ${which})
  get_property(lines GLOBAL PROPERTY HOLDFAST_BATCHED)
  file(WRITE ${CMAKE_BINARY_DIR}/batches.txt "${lines}")
  execute_process(COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/batch_targets
    ${CMAKE_BINARY_DIR}/batches.txt ${CMAKE_BINARY_DIR}/batches.cmake COMMAND_ERROR_IS_FATAL ANY)
  include(${CMAKE_BINARY_DIR}/batches.cmake)
endfunction()
