# What every target is compiled with. `inferway_flags` bears it; nothing else sets compiler options.
add_library(inferway_flags INTERFACE)
target_compile_features(inferway_flags INTERFACE cxx_std_23)
target_compile_options(inferway_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wundef
  -Werror -Xclang -fno-pch-timestamp)
target_compile_definitions(inferway_flags INTERFACE
  _GLIBCXX_ASSERTIONS
  BOOST_ASIO_NO_DEPRECATED
  # Coroutine frames up to 1,020 bytes stay in Asio's per-thread cache; 2 slots (the default) are too few for a
  # session's nesting.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)
target_include_directories(inferway_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)

set(INFERWAY_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")
if(INFERWAY_SANITIZE)
  target_compile_options(inferway_flags INTERFACE -fsanitize=${INFERWAY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(inferway_flags INTERFACE -fsanitize=${INFERWAY_SANITIZE})
endif()
