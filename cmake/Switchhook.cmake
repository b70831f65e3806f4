# The project's own CMake functions: one way to declare a library, a program and a test, so that
# warnings, sanitizers and include roots are the same everywhere.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# With SWITCHHOOK_FAST, what every test includes is compiled once, and most libraries and tests are
# compiled in batches of files (a unity build).
option(SWITCHHOOK_FAST "Compile in fewer steps; not for checking that each file stands alone" OFF)

find_package(Threads REQUIRED)

# Which of the files called NAME_<system>.cpp are built.
if(WIN32)
  set(SWITCHHOOK_SYSTEM windows)
  add_compile_definitions(_WIN32_WINNT=0x0602)  # Windows 8; precompiled headers need it, too
else()
  set(SWITCHHOOK_SYSTEM posix)
endif()

add_library(switchhook_options INTERFACE)
target_include_directories(switchhook_options INTERFACE
  ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(switchhook_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${SWITCHHOOK_WARNINGS_ARE_ERRORS}>:-Werror>
  # Values of the port are made with designated initialisers; what is not named has its default.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(switchhook_options INTERFACE -Wthread-safety)
else()
  # g++ 12 sees overlaps in `"text" + std::string` that are none (GCC bug 105651).
  target_compile_options(switchhook_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
  if(SWITCHHOOK_FAST)
    # In a unity build g++ takes each source file for a header, and warns of its local types. With a
    # precompiled header it no longer knows which lines are the standard library's, and warns of
    # overflows in std::string that are none (GCC bugs 105329, 105651).
    foreach(_warning subobject-linkage array-bounds stringop-overflow stringop-overread)
      target_compile_options(switchhook_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-${_warning}>)
    endforeach()
  endif()
endif()
target_link_libraries(switchhook_options INTERFACE Threads::Threads)
if(SWITCHHOOK_SANITIZE)
  add_compile_options(-fsanitize=${SWITCHHOOK_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${SWITCHHOOK_SANITIZE})
  if(SWITCHHOOK_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

# All that is generated before anything is compiled; clang-tidy needs it and nothing else.
add_custom_target(generated_sources)

# Adds every folder in DIR that has a CMakeLists.txt; in a folder without one, those below it.
function(switchhook_add_folders DIR)
  file(GLOB _folders CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${DIR}/*)
  foreach(_folder IN LISTS _folders)
    if(EXISTS ${_folder}/CMakeLists.txt)
      add_subdirectory(${_folder})
    else()
      file(GLOB _lists CONFIGURE_DEPENDS ${_folder}/*/CMakeLists.txt)
      foreach(_list IN LISTS _lists)
        get_filename_component(_below ${_list} DIRECTORY)
        add_subdirectory(${_below})
      endforeach()
    endif()
  endforeach()
endfunction()

# switchhook_library(<target> SOURCES … [DEPENDS …] [PRIVATE_DEPENDS …])
function(switchhook_library TARGET)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${TARGET} STATIC ${ARG_SOURCES})
    target_link_libraries(${TARGET} PUBLIC ${ARG_DEPENDS}
      PRIVATE switchhook_options ${ARG_PRIVATE_DEPENDS})
    target_include_directories(${TARGET} PUBLIC
      ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
    set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ${SWITCHHOOK_FAST})
    if(TARGET switchhook_std_headers)
      target_precompile_headers(${TARGET} REUSE_FROM switchhook_std_headers)
    endif()
    # Under sanitizers only what the simulation runs a million times is optimised: it takes twice as
    # long to compile.
    if(SWITCHHOOK_SANITIZE AND "${TARGET}" MATCHES
        "_(base|core|exchange|simulator|sip_usage|virtual_sip|sip_races)$")
      target_compile_options(${TARGET} PRIVATE -O2)
    endif()
  else()
    add_library(${TARGET} INTERFACE)
    target_link_libraries(${TARGET} INTERFACE ${ARG_DEPENDS})
    target_include_directories(${TARGET} INTERFACE
      ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  endif()
endfunction()

# switchhook_program(<target> SOURCES … DEPENDS …)
function(switchhook_program TARGET)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${TARGET} ${ARG_SOURCES})
  target_link_libraries(${TARGET} PRIVATE ${ARG_DEPENDS} switchhook_options)
  if(SWITCHHOOK_SANITIZE)  # one in C, too: what the sanitizers need of our libraries is C++
    set_target_properties(${TARGET} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
endfunction()

if(SWITCHHOOK_FAST)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 6)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # What nearly every source includes. A program is not compiled with the flags of a library.
    add_library(switchhook_std_headers STATIC ${CMAKE_CURRENT_LIST_DIR}/nothing.cpp)
    target_link_libraries(switchhook_std_headers PRIVATE switchhook_options)
    target_precompile_headers(switchhook_std_headers PRIVATE <algorithm> <array> <chrono>
      <condition_variable> <functional> <map> <memory> <mutex> <optional> <string>
      <unordered_map> <variant> <vector>)
  endif()
  if(SWITCHHOOK_TESTS)
    find_package(GTest REQUIRED)
    add_executable(switchhook_test_headers ${CMAKE_CURRENT_LIST_DIR}/nothing.cpp)
    target_link_libraries(switchhook_test_headers PRIVATE GTest::gtest GTest::gmock
      switchhook_options)
    target_compile_options(switchhook_test_headers PRIVATE -O0)
    target_precompile_headers(switchhook_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>
      <chrono> <functional> <map> <memory> <optional> <string> <variant> <vector>)
  endif()
endif()

# The tests that are worth running under ThreadSanitizer, as one target.
add_custom_target(thread_tests)

# switchhook_test(<target> SOURCES … DEPENDS … LABELS … [TIMEOUT seconds] [TLS] [OPTIMISED])
# OPTIMISED: it runs the same small code millions of times.
# TLS: it, or a daemon it starts, has connections over TLS; see tests/support/lsan.supp.
function(switchhook_test TARGET)
  cmake_parse_arguments(ARG "OPTIMISED;TLS" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(_environment "")
  if(ARG_TLS)
    set(_environment ENVIRONMENT
      "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0")
  endif()
  add_executable(${TARGET} ${ARG_SOURCES})
  target_link_libraries(${TARGET} PRIVATE ${ARG_DEPENDS} GTest::gtest GTest::gmock
    GTest::gtest_main switchhook_options)
  target_include_directories(${TARGET} PRIVATE ${PROJECT_SOURCE_DIR})
  if(SWITCHHOOK_FAST AND NOT "${ARG_SOURCES}" MATCHES "\\.c(;|$)")
    set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON)
    # What is tested is optimised, what tests it is not: that takes twice as long to compile.
    if(ARG_OPTIMISED)
      target_compile_options(${TARGET} PRIVATE -O2)
    else()
      target_compile_options(${TARGET} PRIVATE -O0)
      target_precompile_headers(${TARGET} REUSE_FROM switchhook_test_headers)
    endif()
  endif()
  if("threads" IN_LIST ARG_LABELS)
    add_dependencies(thread_tests ${TARGET})
  endif()
  # gtest_discover_tests takes no lists: the labels become one, which `ctest -L` searches.
  string(JOIN "+" _label ${ARG_LABELS})
  gtest_discover_tests(${TARGET} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${_label} TIMEOUT ${ARG_TIMEOUT} ${_environment})
endfunction()
