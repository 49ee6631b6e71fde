# test-types: a program of each type, run in every way that there is; docs/program-types.md is made by it.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
set(types_dir ${PROJECT_SOURCE_DIR}/tests/types)
set(types_objects ${PROJECT_BINARY_DIR}/tests/types)
file(MAKE_DIRECTORY ${types_objects})
foreach(source types.bpf.c replacement.bpf.c kernel.c)
  cmake_path(GET source STEM name)
  add_custom_command(OUTPUT ${types_objects}/${name}.o
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Werror -I${types_dir}
            -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -c ${types_dir}/${source} -o ${types_objects}/${name}.o
    DEPENDS ${types_dir}/${source} ${types_dir}/kernel.h VERBATIM)
endforeach()
add_custom_target(test-types-objects ALL DEPENDS ${types_objects}/types.o ${types_objects}/replacement.o
                  ${types_objects}/kernel.o)
add_executable(test-types ${types_dir}/types_test.cpp)
add_dependencies(test-types test-types-objects)
target_compile_definitions(test-types PRIVATE TYPES_OBJECT="${types_objects}/types.o" TYPES_KERNEL="${types_objects}/kernel.o"
                           TYPES_REPLACEMENT="${types_objects}/replacement.o"
                           TYPES_PAGE="${PROJECT_SOURCE_DIR}/docs/program-types.md")
target_link_libraries(test-types PRIVATE skep_api GTest::gmock GTest::gtest_main)
add_test(NAME types COMMAND test-types --gtest_brief=1)
add_test(NAME types-command COMMAND ${Python3_EXECUTABLE} -B ${types_dir}/command_test.py $<TARGET_FILE:skep> ${types_objects}
         ${PROJECT_SOURCE_DIR}/docs/program-types.md)
