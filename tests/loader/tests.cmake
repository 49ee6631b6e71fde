# The loader's tests load objects that clang built; the layer's own CMake knows nothing of those.
if(TARGET test-loader)
  set(newer_object ${PROJECT_BINARY_DIR}/tests/newer.bpf.o)
  find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
  add_custom_command(OUTPUT ${newer_object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v4 -I${PROJECT_SOURCE_DIR}/examples
            -c ${PROJECT_SOURCE_DIR}/tests/loader/newer.bpf.c -o ${newer_object}
    DEPENDS ${PROJECT_SOURCE_DIR}/tests/loader/newer.bpf.c ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
  set(more_objects)
  foreach(source loader/call_questions loader/dummy_questions loader/map_calls loader/perf_questions loader/section_calls
                 loader/socket_questions loader/user_ring)
    cmake_path(GET source FILENAME name)
    set(object ${PROJECT_BINARY_DIR}/tests/${name}.bpf.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
              -c ${PROJECT_SOURCE_DIR}/tests/${source}.bpf.c -o ${object}
      DEPENDS ${PROJECT_SOURCE_DIR}/tests/${source}.bpf.c ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
    list(APPEND more_objects ${object})
  endforeach()
  add_custom_target(test-loader-objects DEPENDS ${newer_object} ${more_objects})
  add_dependencies(test-loader test-work-objects test-loader-objects examples)
  foreach(oracle map_oracle.c call_oracle.c map_operations.c lru_rows.c perf_rows.c dummy_rows.c socket_rows.c socket_array_rows.c map_calls.c)
    target_sources(test-loader PRIVATE ${PROJECT_SOURCE_DIR}/tests/conformance/${oracle})
    set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/conformance/${oracle} PROPERTIES COMPILE_DEFINITIONS ASKED_BY_A_TEST)
  endforeach()
  target_compile_definitions(test-loader PRIVATE CONFORMANCE_DIR="${PROJECT_SOURCE_DIR}/tests/conformance" WORK_OBJECTS="${PROJECT_BINARY_DIR}/tests/work"
                             EXAMPLE_OBJECTS="${PROJECT_BINARY_DIR}/examples" NEWER_OBJECT="${newer_object}"
                             SECTION_CALLS="${PROJECT_BINARY_DIR}/tests/section_calls.bpf.o"
                             CALL_QUESTIONS="${PROJECT_BINARY_DIR}/tests/call_questions.bpf.o"
                             DUMMY_QUESTIONS="${PROJECT_BINARY_DIR}/tests/dummy_questions.bpf.o"
                             SOCKET_QUESTIONS="${PROJECT_BINARY_DIR}/tests/socket_questions.bpf.o"
                             MAP_CALLS="${PROJECT_BINARY_DIR}/tests/map_calls.bpf.o"
                             PERF_QUESTIONS="${PROJECT_BINARY_DIR}/tests/perf_questions.bpf.o"
                             USER_RING_OBJECT="${PROJECT_BINARY_DIR}/tests/user_ring.bpf.o")
endif()
