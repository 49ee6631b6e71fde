# The command as a whole, on objects of its own and those of the API.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
set(command_objects)
foreach(name prog_array struct_ops arena unresolved types lacked stash expects_array hidden no_entries)
  set(source ${CMAKE_CURRENT_LIST_DIR}/objects/${name}.bpf.c)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/tests/${name}.bpf.o
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -I${PROJECT_SOURCE_DIR}/examples -c ${source}
            -o ${PROJECT_BINARY_DIR}/tests/${name}.bpf.o
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/examples/vmlinux.h
            ${CMAKE_CURRENT_LIST_DIR}/objects/prog_array.bpf.c VERBATIM)
  list(APPEND command_objects ${PROJECT_BINARY_DIR}/tests/${name}.bpf.o)
endforeach()
add_custom_target(test-command-objects ALL DEPENDS ${command_objects})
add_test(NAME command COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/command_test.py $<TARGET_FILE:skep>
                              ${PROJECT_BINARY_DIR}/tests $<TARGET_FILE:c-plugin>)
add_test(NAME observe COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/observe_test.py $<TARGET_FILE:skep>
                              ${PROJECT_BINARY_DIR}/examples/wq.bpf.o ${PROJECT_BINARY_DIR}/tests/work/task.bpf.o)
add_test(NAME examples-calls COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/examples_test.py $<TARGET_FILE:skep>
                                     ${PROJECT_BINARY_DIR}/examples/calls.bpf.o)
