# test-bounds: runs, memory and the host's memory, bounded; by real programs through the API. The command's bounds are tested by
# a script.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
set(bounds_objects)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/tests/bounds)
file(GLOB bounds_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/*.bpf.c)
foreach(source ${bounds_sources})
  string(REPLACE ".bpf.c" ".bpf.o" object ${source})
  set(object ${PROJECT_BINARY_DIR}/tests/bounds/${object})
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
            -c ${CMAKE_CURRENT_LIST_DIR}/${source} -o ${object}
    DEPENDS ${CMAKE_CURRENT_LIST_DIR}/${source} ${CMAKE_CURRENT_LIST_DIR}/endless.h ${CMAKE_CURRENT_LIST_DIR}/look.h
      ${PROJECT_SOURCE_DIR}/examples/vmlinux.h ${PROJECT_SOURCE_DIR}/examples/wq.h
    VERBATIM)
  list(APPEND bounds_objects ${object})
endforeach()
add_custom_target(test-bounds-objects ALL DEPENDS ${bounds_objects})

file(GLOB bounds_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*_test.cpp)
add_executable(test-bounds ${bounds_tests})
skep_precompile(test-bounds ${bounds_tests})
skep_lightly_optimized(test-bounds)
add_dependencies(test-bounds test-bounds-objects)
target_include_directories(test-bounds PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(test-bounds PRIVATE BOUNDS_OBJECTS="${PROJECT_BINARY_DIR}/tests/bounds")
target_link_libraries(test-bounds PRIVATE skep_api GTest::gmock GTest::gtest_main)
add_test(NAME bounds COMMAND test-bounds --gtest_brief=1)
add_test(NAME bounds-command COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/command_test.py $<TARGET_FILE:skep>
         ${PROJECT_BINARY_DIR}/tests/bounds)
