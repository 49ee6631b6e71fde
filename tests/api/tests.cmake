# The API's tests load objects that clang built: one of their own, and the work-queue example. A plugin in C goes through the
# command.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
set(api_object ${PROJECT_BINARY_DIR}/tests/api.bpf.o)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
add_custom_command(OUTPUT ${api_object}
  COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
          -c ${CMAKE_CURRENT_LIST_DIR}/api.bpf.c -o ${api_object}
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/api.bpf.c ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
add_custom_target(test-api-objects ALL DEPENDS ${api_object})
add_dependencies(test-api test-api-objects examples)
target_compile_definitions(test-api PRIVATE API_OBJECT="${api_object}" EXAMPLE_OBJECTS="${PROJECT_BINARY_DIR}/examples")

add_library(c-plugin MODULE ${CMAKE_CURRENT_LIST_DIR}/plugin.c)
target_include_directories(c-plugin PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(c-plugin PRIVATE -Wall -Wextra -Werror)
set_target_properties(c-plugin PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
foreach(run "ask 15" "ask_number 65")
  string(REPLACE " " ";" run ${run})
  list(GET run 0 program)
  list(GET run 1 result)
  add_test(NAME c-plugin-${program} COMMAND skep run --host $<TARGET_FILE:c-plugin> --program ${program} ${api_object})
  set_tests_properties(c-plugin-${program} PROPERTIES PASS_REGULAR_EXPRESSION "${program} .*returned ${result}")
endforeach()
