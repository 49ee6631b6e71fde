# A program to step through, and what is done with it: in a terminal, by an editor and by GDB, each a script.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/tests/debugger)
set(steps_object ${PROJECT_BINARY_DIR}/tests/debugger/steps.bpf.o)
add_custom_command(OUTPUT ${steps_object}
  COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
          -c ${CMAKE_CURRENT_LIST_DIR}/steps.bpf.c -o ${steps_object}
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/steps.bpf.c ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
add_custom_target(test-debugger-objects ALL DEPENDS ${steps_object})
add_dependencies(test-debugger test-debugger-objects)
target_compile_definitions(test-debugger PRIVATE STEPS_OBJECT="${steps_object}")

foreach(client debug disasm dap gdb)
  add_test(NAME debugger-${client} COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/${client}_test.py
           $<TARGET_FILE:skep> ${steps_object} $<BOOL:${SKEP_DWARF}>)
endforeach()
add_test(NAME debugger-docs COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/docs_test.py $<TARGET_FILE:skep>
         ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/examples/firewall.bpf.o $<BOOL:${SKEP_DWARF}>)
