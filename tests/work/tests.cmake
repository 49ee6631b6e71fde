# test-work: work queues from end to end, by real programs that clang compiles and libbpf loads.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
set(work_dir ${PROJECT_SOURCE_DIR}/tests/work)
set(work_objects ${PROJECT_BINARY_DIR}/tests/work)
file(MAKE_DIRECTORY ${work_objects})

function(skep_test_object name source)
  add_custom_command(OUTPUT ${work_objects}/${name}.bpf.o
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror ${ARGN} -I${PROJECT_SOURCE_DIR}/examples -I${work_dir}
            -c ${work_dir}/${source} -o ${work_objects}/${name}.bpf.o
    DEPENDS ${work_dir}/${source} ${work_dir}/script.h ${work_dir}/later.h ${PROJECT_SOURCE_DIR}/examples/vmlinux.h ${PROJECT_SOURCE_DIR}/examples/wq.h
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SKEP_TEST_OBJECTS ${work_objects}/${name}.bpf.o)
endfunction()

file(GLOB work_sources CONFIGURE_DEPENDS RELATIVE ${work_dir} ${work_dir}/*.bpf.c)
foreach(source ${work_sources})
  string(REPLACE ".bpf.c" "" name ${source})
  skep_test_object(${name} ${source})
endforeach()
skep_test_object(verdict_rows_proprietary verdict_rows.bpf.c -DPROGRAMS_LICENSE="Proprietary")
get_property(work_built GLOBAL PROPERTY SKEP_TEST_OBJECTS)
add_custom_target(test-work-objects DEPENDS ${work_built})

file(GLOB work_tests CONFIGURE_DEPENDS ${work_dir}/*_test.cpp)
add_executable(test-work ${work_tests})
skep_precompile(test-work ${work_tests})
skep_lightly_optimized(test-work)
add_dependencies(test-work test-work-objects examples)
target_include_directories(test-work PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(test-work PRIVATE SKEP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" WORK_OBJECTS="${work_objects}"
                           EXAMPLE_OBJECTS="${PROJECT_BINARY_DIR}/examples")
target_link_libraries(test-work PRIVATE skep_loader GTest::gmock GTest::gtest_main)
add_test(NAME work COMMAND test-work --gtest_brief=1 --gtest_filter=-Work.stress*)
# On its own: the thread sanitizer runs it, for SKEP_STRESS_SECONDS, and not the thousands of single-threaded runs.
add_test(NAME work-stress COMMAND test-work --gtest_brief=1 --gtest_filter=Work.stress*)
