# The examples: BPF objects by clang, and the loader on Skep and on libbpf alone.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)

function(skep_bpf_object name source)
  set(object ${PROJECT_BINARY_DIR}/examples/${name}.bpf.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror ${ARGN} -I${PROJECT_SOURCE_DIR}/examples
            -c ${PROJECT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${PROJECT_SOURCE_DIR}/${source} ${PROJECT_SOURCE_DIR}/examples/vmlinux.h ${PROJECT_SOURCE_DIR}/examples/wq.h
            ${PROJECT_SOURCE_DIR}/include/skep/test.h ${PROJECT_SOURCE_DIR}/examples/firewall/firewall.bpf.c
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SKEP_BPF_OBJECTS ${object})
endfunction()

file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
skep_bpf_object(wq examples/wq.bpf.c)
# The same source in the dialects of Linux 6.18 and of the public documentation.
skep_bpf_object(wq-618 examples/wq.bpf.c -DWQ_DIALECT=618)
skep_bpf_object(wq-documentation examples/wq.bpf.c -DWQ_DIALECT=0)
file(GLOB example_sources CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/examples/*.bpf.c)
foreach(source ${example_sources})
  get_filename_component(name ${source} NAME)
  string(REPLACE ".bpf.c" "" name ${name})
  if(NOT name STREQUAL "wq")
    skep_bpf_object(${name} ${source})
  endif()
endforeach()
skep_bpf_object(firewall examples/firewall/firewall.bpf.c)
skep_bpf_object(firewall_test examples/firewall/firewall_test.bpf.c -I${PROJECT_SOURCE_DIR}/include)
get_property(bpf_objects GLOBAL PROPERTY SKEP_BPF_OBJECTS)
add_custom_target(examples ALL DEPENDS ${bpf_objects})

add_executable(loader-skep ${PROJECT_SOURCE_DIR}/examples/loader.c)
target_link_libraries(loader-skep PRIVATE skep_loader)
set_target_properties(loader-skep PROPERTIES LINKER_LANGUAGE CXX)
add_executable(loader-kernel ${PROJECT_SOURCE_DIR}/examples/loader.c)
target_link_libraries(loader-kernel PRIVATE ${LIBBPF_STATIC} PkgConfig::LIBELF z)

# Programs that embed Skep, in C++ and C, on the shared library.
set(embedding embed-cpp embed-c two-pumps)
add_executable(embed-cpp ${PROJECT_SOURCE_DIR}/examples/embed.cpp)
add_executable(embed-c ${PROJECT_SOURCE_DIR}/examples/embed.c)
add_executable(two-pumps ${PROJECT_SOURCE_DIR}/examples/two_pumps.cpp)
foreach(example IN LISTS embedding)
  target_compile_options(${example} PRIVATE -Wall -Wextra -Werror)
  target_link_libraries(${example} PRIVATE skep_shared)
  if(SKEP_SANITIZE) # the sanitizer's library must come before the one that is instrumented
    target_compile_options(${example} PRIVATE -fsanitize=${SKEP_SANITIZE})
    target_link_options(${example} PRIVATE -fsanitize=${SKEP_SANITIZE})
  endif()
endforeach()

if(SKEP_TESTS)
  foreach(dialect wq wq-618)
    add_test(NAME loader-${dialect} COMMAND loader-skep ${PROJECT_BINARY_DIR}/examples/${dialect}.bpf.o)
  endforeach()
  foreach(dialect wq wq-618 wq-documentation)
    add_test(NAME run-${dialect} COMMAND skep run ${PROJECT_BINARY_DIR}/examples/${dialect}.bpf.o)
  endforeach()
  foreach(example IN LISTS embedding)
    add_test(NAME ${example} COMMAND ${example} ${PROJECT_BINARY_DIR}/examples/embed.bpf.o)
  endforeach()
endif()
