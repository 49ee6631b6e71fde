# test-log: whole logs, compared with those of Linux 7.3 for programs that clang compiles (report/kernel_log.cpp).
if(TARGET skep)
  find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
  set(log_source ${PROJECT_SOURCE_DIR}/tests/conformance/explanations.bpf.c)
  set(log_types ${PROJECT_SOURCE_DIR}/tests/verifier/report/kernel_log)
  set(log_object ${PROJECT_BINARY_DIR}/tests/explanations.bpf.o)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_custom_command(OUTPUT ${log_object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v4 -I${log_types} -c ${log_source} -o ${log_object}
    DEPENDS ${log_source} ${log_types}/vmlinux.h ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
  add_custom_target(test-log-objects DEPENDS ${log_object})
  add_executable(test-log ${PROJECT_SOURCE_DIR}/tests/verifier/report/kernel_log.cpp)
  target_link_libraries(test-log PRIVATE skep_options GTest::gmock GTest::gtest_main)
  add_dependencies(test-log skep test-log-objects)
  target_compile_definitions(test-log PRIVATE SKEP_PROGRAM="$<TARGET_FILE:skep>" LOG_OBJECT="${log_object}"
                             KERNEL_LOGS="${PROJECT_SOURCE_DIR}/tests/conformance/explanations-7.3.txt")
  add_test(NAME log COMMAND test-log --gtest_brief=1)
endif()
