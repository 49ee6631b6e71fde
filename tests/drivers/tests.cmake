# test-drivers: struct_ops tables that run in drivers which play the subsystem whose table it is.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
set(drivers_dir ${PROJECT_SOURCE_DIR}/tests/drivers)
set(drivers_objects ${PROJECT_BINARY_DIR}/tests/drivers)
file(MAKE_DIRECTORY ${drivers_objects})
set(driver_objects)
foreach(name buttons congestion pinned scheduler)
  add_custom_command(OUTPUT ${drivers_objects}/${name}.bpf.o
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
            -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -c ${drivers_dir}/${name}.bpf.c -o ${drivers_objects}/${name}.bpf.o
    DEPENDS ${drivers_dir}/${name}.bpf.c ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
  list(APPEND driver_objects ${drivers_objects}/${name}.bpf.o)
endforeach()
add_custom_target(test-drivers-objects ALL DEPENDS ${driver_objects})
add_executable(test-drivers ${drivers_dir}/congestion_test.cpp ${drivers_dir}/input_device_test.cpp
               ${drivers_dir}/kernel_input_test.cpp ${drivers_dir}/kernel_schedulers_test.cpp
               ${drivers_dir}/pinned_timer_test.cpp
               ${drivers_dir}/scheduler_test.cpp ${drivers_dir}/kernel_struct.cpp)
skep_lightly_optimized(test-drivers)
add_dependencies(test-drivers test-drivers-objects)
target_include_directories(test-drivers PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(test-drivers PRIVATE DRIVER_OBJECTS="${drivers_objects}")
target_link_libraries(test-drivers PRIVATE skep_api GTest::gmock GTest::gtest_main)
add_test(NAME drivers COMMAND test-drivers --gtest_brief=1)
