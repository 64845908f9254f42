# What every target is compiled with. `inferway_flags` bears it; `inferway_release_code` and `inferway_release_link` add
# link-time optimisation for what ships. Nothing else sets compiler options.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

add_library(inferway_flags INTERFACE)
target_compile_features(inferway_flags INTERFACE cxx_std_23)
target_include_directories(inferway_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(inferway_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wundef
  -Wformat=2 -Wimplicit-fallthrough -Werror
  # Without it a precompiled header bears its build time, and ccache never finds it again.
  -Xclang -fno-pch-timestamp)
target_compile_definitions(inferway_flags INTERFACE
  _GLIBCXX_ASSERTIONS
  BOOST_ASIO_NO_DEPRECATED
  # Asio's own functions are compiled once, in src/net/asio_impl.cpp, instead of in every file that includes it.
  # So a target that uses Asio links inferway::net.
  BOOST_ASIO_SEPARATE_COMPILATION
  # Coroutine frames up to 1,020 bytes stay in Asio's per-thread cache; 2 slots (the default) are too few for a
  # session's nesting.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)

set(INFERWAY_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")
if(INFERWAY_SANITIZE)
  target_compile_options(inferway_flags INTERFACE -fsanitize=${INFERWAY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(inferway_flags INTERFACE -fsanitize=${INFERWAY_SANITIZE})
endif()

# Everything ends in an executable, so rooms need no -fPIC (which CMake gives to static libraries): the last one counts.
target_compile_options(inferway_flags INTERFACE -fPIE)

# Hardening of release builds.
target_compile_options(inferway_flags INTERFACE $<$<CONFIG:Release>:-fstack-protector-strong;-fstack-clash-protection>)
target_compile_definitions(inferway_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=3>)
target_link_options(inferway_flags INTERFACE $<$<CONFIG:Release>:LINKER:-z,relro,-z,now,-z,noexecstack,-z,separate-code>)
# Shadow stacks: no instruction more, and a mark in the file, which Debian 12's C library and libraries lack (its start
# files, too: hence the linker is told). The other half of -fcf-protection puts an instruction before each function.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(inferway_flags INTERFACE $<$<CONFIG:Release>:-fcf-protection=return>)
  target_link_options(inferway_flags INTERFACE $<$<CONFIG:Release>:LINKER:-z,shstk>)
endif()

# ThinLTO for what ships. Objects are "fat": bitcode and machine code in one file. The program is linked from the
# bitcode; tests are linked from the machine code, which takes a fraction of the time.
option(INFERWAY_LTO "Link what ships with ThinLTO (release builds)" ON)
add_library(inferway_release_code INTERFACE)
add_library(inferway_release_link INTERFACE)
if(INFERWAY_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT INFERWAY_SANITIZE)
  target_compile_options(inferway_release_code INTERFACE -flto=thin -ffat-lto-objects)
  target_link_options(inferway_release_link INTERFACE -flto=thin -O2 LINKER:--fat-lto-objects
    LINKER:--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache
    # The cache prunes itself only when told how far.
    LINKER:--thinlto-cache-policy=cache_size_bytes=200m)
endif()

# What ships is optimised for what it does most: `make profile` counts that and writes profile/inferway.profdata, which
# is committed, so that every build uses the same. Code that has changed since is compiled as if there were none.
set(INFERWAY_PROFILE "use" CACHE STRING "Profile of release builds: use, generate (a program that counts), off")
set(INFERWAY_PROFILE_DATA ${PROJECT_SOURCE_DIR}/profile/inferway.profdata)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT INFERWAY_SANITIZE)
  if(INFERWAY_PROFILE STREQUAL "generate")
    target_compile_options(inferway_release_code INTERFACE -fprofile-generate)
    target_link_options(inferway_flags INTERFACE -fprofile-generate)
  elseif(INFERWAY_PROFILE STREQUAL "use" AND EXISTS ${INFERWAY_PROFILE_DATA})
    target_compile_options(inferway_release_code INTERFACE -fprofile-use=${INFERWAY_PROFILE_DATA}
      -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin)
  endif()
endif()
