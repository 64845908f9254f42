# The rooms, their programs and their tests. rooms.txt says which room stands on which floor.

# Which rooms do I/O: their tests run under the thread sanitizer, too.
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rooms.txt)
file(STRINGS ${PROJECT_SOURCE_DIR}/rooms.txt INFERWAY_ROOM_LINES REGEX "^[0-9]")
set(INFERWAY_IO_ROOMS)
foreach(line IN LISTS INFERWAY_ROOM_LINES)
  if(line MATCHES "^[0-9]+ +([a-z0-9_]+) +io")
    list(APPEND INFERWAY_IO_ROOMS ${CMAKE_MATCH_1})
  endif()
endforeach()

# Everything that `ctest -L asan` and `ctest -L tsan` need, so that a sanitizer build builds no more than it runs.
add_custom_target(asan_tests)
add_custom_target(tsan_tests)

# inferway_room(NAME SOURCES a.cpp ... [ROOMS base http ...] [LIBRARIES ...])
# A static library inferway_NAME (alias inferway::NAME) of the sources beside the calling CMakeLists.txt.
function(inferway_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_library(inferway_${name} STATIC ${ROOM_SOURCES})
  add_library(inferway::${name} ALIAS inferway_${name})
  target_include_directories(inferway_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(inferway_${name} PUBLIC inferway_flags ${ROOM_LIBRARIES} PRIVATE inferway_release_code)
  foreach(room IN LISTS ROOM_ROOMS)
    target_link_libraries(inferway_${name} PUBLIC inferway_${room})
  endforeach()
endfunction()

# inferway_ship(TARGET)
# What is delivered: linked with ThinLTO in release builds, installed into bin/ as the component `program`.
function(inferway_ship target)
  target_link_libraries(${target} PRIVATE inferway_release_code inferway_release_link)
  install(TARGETS ${target} RUNTIME DESTINATION bin COMPONENT program)
endfunction()

# inferway_test(NAME SOURCES a_test.cpp ... [ROOMS ...] [LIBRARIES ...])
# One GoogleTest binary NAME_test; every test case is a CTest test of its own. Labels: the room; `asan`; `tsan` as well
# where the room does I/O, since only there are threads.
function(inferway_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_executable(${name}_test ${TEST_SOURCES})
  target_link_libraries(${name}_test PRIVATE inferway_flags GTest::gtest GTest::gtest_main ${TEST_LIBRARIES})
  foreach(room IN LISTS TEST_ROOMS)
    target_link_libraries(${name}_test PRIVATE inferway_${room})
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/src/${room})
  endforeach()
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  set(labels ${name} asan)
  add_dependencies(asan_tests ${name}_test)
  if(name IN_LIST INFERWAY_IO_ROOMS)
    list(APPEND labels tsan)
    add_dependencies(tsan_tests ${name}_test)
  endif()
  gtest_discover_tests(${name}_test NO_PRETTY_VALUES PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
  # gtest_discover_tests cannot pass a list as a property (CMake 3.25): labels are set where CTest reads the tests.
  set(labels_file ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
  file(WRITE ${labels_file} "if(${name}_test_TESTS)
  set_tests_properties(\${${name}_test_TESTS} PROPERTIES LABELS \"${labels}\")
endif()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels_file})
endfunction()
