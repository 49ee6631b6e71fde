# Objects for the test bench's tests, and its tests through the command and through Python.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/tests/testbench)
file(GLOB bench_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/*.bpf.c)
set(bench_objects)
foreach(source ${bench_sources})
  string(REPLACE ".bpf.c" ".bpf.o" object ${source})
  set(object ${PROJECT_BINARY_DIR}/tests/testbench/${object})
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
            -I${PROJECT_SOURCE_DIR}/include -c ${CMAKE_CURRENT_LIST_DIR}/${source} -o ${object}
    DEPENDS ${CMAKE_CURRENT_LIST_DIR}/${source} ${PROJECT_SOURCE_DIR}/examples/vmlinux.h
            ${PROJECT_SOURCE_DIR}/include/skep/test.h VERBATIM)
  list(APPEND bench_objects ${object})
endforeach()
add_custom_target(test-testbench-objects ALL DEPENDS ${bench_objects})
add_dependencies(test-testbench test-testbench-objects)
target_compile_definitions(test-testbench PRIVATE BENCH_OBJECTS="${PROJECT_BINARY_DIR}/tests/testbench")

add_test(NAME testbench-run COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/run_test.py $<TARGET_FILE:skep>
         ${PROJECT_BINARY_DIR}/tests/testbench)
add_test(NAME testbench-test COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/test_test.py $<TARGET_FILE:skep>
         ${PROJECT_BINARY_DIR}/tests/testbench)
# The pages' commands, on the firewall. Python finds the library as its own tests do (tests/python/tests.cmake comes
# before this one).
add_test(NAME testbench-docs COMMAND ${python_with_pytest} -B ${CMAKE_CURRENT_LIST_DIR}/docs_test.py $<TARGET_FILE:skep>
         ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/examples/firewall.bpf.o)
set_tests_properties(testbench-docs PROPERTIES ENVIRONMENT "${python_environment}")
