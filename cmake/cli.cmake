# The command `skep`, and libskep-libbpf: the whole library in one archive, for programs that are relinked to run on Skep.

find_library(LIBBPF_STATIC NAMES libbpf.a REQUIRED)

# Every function of the C library that loader/wrap.cpp stands in for, and those of wrap_libraries.cpp.
set(SKEP_WRAPPED syscall close dup dup2 dup3 fcntl fcntl64 mmap mmap64 epoll_wait poll access faccessat open open64 fopen
                 fopen64 uname statfs statfs64 mkdir unlink elf_begin elf_memory btf__find_by_name_kind)
list(TRANSFORM SKEP_WRAPPED PREPEND -Wl,--wrap= OUTPUT_VARIABLE SKEP_WRAP_FLAGS)
# The stand-ins are wanted by libbpf, which the linker reads after the archive: one of each file is asked for from the start.
list(APPEND SKEP_WRAP_FLAGS -Wl,--undefined=__wrap_syscall -Wl,--undefined=__wrap_elf_begin)
target_link_options(skep_loader INTERFACE ${SKEP_WRAP_FLAGS})
target_link_libraries(skep_loader PUBLIC ${LIBBPF_STATIC} PkgConfig::LIBELF z)

file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.cpp)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/src/cli/main.cpp)
add_library(skep_cli STATIC ${cli_sources})
target_link_libraries(skep_cli PUBLIC skep_loader)
add_executable(skep ${PROJECT_SOURCE_DIR}/src/cli/main.cpp)
target_link_libraries(skep PRIVATE skep_cli ${CMAKE_DL_LIBS})
set_target_properties(skep PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

file(GLOB cli_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/cli/*_test.cpp)
if(cli_tests)
  add_executable(test-cli ${cli_tests})
  target_include_directories(test-cli PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test-cli PRIVATE SKEP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(test-cli PRIVATE skep_cli GTest::gmock GTest::gtest_main)
  add_test(NAME cli COMMAND test-cli --gtest_brief=1)
endif()

# One archive of all layers.
set(archive ${PROJECT_BINARY_DIR}/libskep-libbpf.a)
set(layers isa btf rcu async maps runtime calls progtypes verifier engine kernel loader)
set(script "create ${archive}\n")
set(layer_targets)
foreach(layer ${layers})
  get_target_property(type skep_${layer} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    list(APPEND layer_targets skep_${layer})
    string(APPEND script "addlib $<TARGET_FILE:skep_${layer}>\n")
  endif()
endforeach()
string(APPEND script "save\nend\n")
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/archive.mri CONTENT "${script}")
add_custom_command(OUTPUT ${archive}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
  COMMAND sh -c "${CMAKE_AR} -M <${PROJECT_BINARY_DIR}/archive.mri"
  DEPENDS ${layer_targets} VERBATIM)
add_custom_target(skep-libbpf ALL DEPENDS ${archive})

string(JOIN " " wrap_flags ${SKEP_WRAP_FLAGS})
file(WRITE ${PROJECT_BINARY_DIR}/skep-libbpf.pc "libdir=${PROJECT_BINARY_DIR}
includedir=${PROJECT_SOURCE_DIR}/include

Name: skep-libbpf
Description: libbpf on Skep: BPF objects load and run in this process
Version: ${PROJECT_VERSION}
Cflags: -I\${includedir}
Libs: ${wrap_flags} -L\${libdir} -Wl,--start-group -lskep-libbpf ${LIBBPF_STATIC} -Wl,--end-group -lelf -lz -lfmt -lurcu-memb -lstdc++ -lm -lpthread
")
