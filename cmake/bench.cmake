# One source of benchmarks, on Skep and on the machine's own kernel. scripts/bench runs both.
skep_bpf_object(bench bench/bench.bpf.c)
add_custom_target(bench-object DEPENDS ${PROJECT_BINARY_DIR}/examples/bench.bpf.o)

add_executable(bench-skep EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench.cpp)
target_link_libraries(bench-skep PRIVATE skep_loader benchmark::benchmark)
add_dependencies(bench-skep bench-object)

add_executable(bench-kernel EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench.cpp)
target_link_libraries(bench-kernel PRIVATE skep_options ${LIBBPF_STATIC} PkgConfig::LIBELF z benchmark::benchmark)
add_dependencies(bench-kernel bench-object)

# The engines: one source of programs, on Skep, on the kernel and as the machine's own code. scripts/bench engine runs them.
set(engine_object ${PROJECT_BINARY_DIR}/bench/engine.bpf.o)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
add_custom_command(OUTPUT ${engine_object}
  COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
          -c ${PROJECT_SOURCE_DIR}/bench/engine.bpf.c -o ${engine_object}
  DEPENDS ${PROJECT_SOURCE_DIR}/bench/engine.bpf.c ${PROJECT_SOURCE_DIR}/bench/work.h
          ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
set(native ${PROJECT_BINARY_DIR}/bench/native.o)
add_custom_command(OUTPUT ${native}
  COMMAND ${BPF_CLANG} -O2 -fPIC -Wall -Werror -c ${PROJECT_SOURCE_DIR}/bench/native.c -o ${native}
  DEPENDS ${PROJECT_SOURCE_DIR}/bench/native.c ${PROJECT_SOURCE_DIR}/bench/work.h VERBATIM)
foreach(side skep kernel)
  add_executable(bench-engine-${side} EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/engine.cpp ${native})
endforeach()
add_custom_target(bench-engine-object DEPENDS ${engine_object})
target_compile_definitions(bench-engine-skep PRIVATE BENCH_ON_SKEP)
target_link_libraries(bench-engine-skep PRIVATE skep_loader)
target_link_libraries(bench-engine-kernel PRIVATE skep_options ${LIBBPF_STATIC} PkgConfig::LIBELF z)
add_dependencies(bench-engine-skep bench-engine-object)
add_dependencies(bench-engine-kernel bench-engine-object)

# Maps: programs that do one thing many times, on Skep and on the kernel. scripts/bench maps runs them.
set(maps_object ${PROJECT_BINARY_DIR}/bench/maps.bpf.o)
add_custom_command(OUTPUT ${maps_object}
  COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I${PROJECT_SOURCE_DIR}/examples
          -c ${PROJECT_SOURCE_DIR}/bench/maps.bpf.c -o ${maps_object}
  DEPENDS ${PROJECT_SOURCE_DIR}/bench/maps.bpf.c ${PROJECT_SOURCE_DIR}/bench/maps.h
          ${PROJECT_SOURCE_DIR}/examples/vmlinux.h VERBATIM)
add_custom_target(bench-maps-object DEPENDS ${maps_object})
foreach(side skep kernel)
  add_executable(bench-maps-${side} EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/maps.cpp)
  add_dependencies(bench-maps-${side} bench-maps-object)
endforeach()
target_compile_definitions(bench-maps-skep PRIVATE BENCH_ON_SKEP)
target_link_libraries(bench-maps-skep PRIVATE skep_loader)
target_link_libraries(bench-maps-kernel PRIVATE skep_options ${LIBBPF_STATIC} PkgConfig::LIBELF z)

# The verifier: one program that times loads, on Skep and on the kernel. scripts/bench verifier runs them.
foreach(side skep kernel)
  add_executable(bench-verifier-${side} EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/verifier.cpp)
  target_link_options(bench-verifier-${side} PRIVATE -Wl,--wrap=bpf_prog_load)
endforeach()
target_compile_definitions(bench-verifier-skep PRIVATE BENCH_ON_SKEP)
target_link_libraries(bench-verifier-skep PRIVATE skep_loader)
target_link_libraries(bench-verifier-kernel PRIVATE skep_options ${LIBBPF_STATIC} PkgConfig::LIBELF z)

# Asynchronous work: one source of programs and one program that times them, on both. scripts/bench async runs them.
foreach(dialect 73 618)
  set(object ${PROJECT_BINARY_DIR}/bench/async-${dialect}.bpf.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -DWQ_DIALECT=${dialect} -I${PROJECT_SOURCE_DIR}/examples
            -c ${PROJECT_SOURCE_DIR}/bench/async.bpf.c -o ${object}
    DEPENDS ${PROJECT_SOURCE_DIR}/bench/async.bpf.c ${PROJECT_SOURCE_DIR}/bench/async_figures.h
            ${PROJECT_SOURCE_DIR}/examples/vmlinux.h ${PROJECT_SOURCE_DIR}/examples/wq.h VERBATIM)
  list(APPEND async_objects ${object})
endforeach()
add_custom_target(bench-async-objects DEPENDS ${async_objects})
foreach(side skep kernel)
  add_executable(bench-async-${side} EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/async.cpp)
  add_dependencies(bench-async-${side} bench-async-objects)
endforeach()
target_compile_definitions(bench-async-skep PRIVATE BENCH_ON_SKEP)
target_link_libraries(bench-async-skep PRIVATE skep_loader)
target_link_libraries(bench-async-kernel PRIVATE skep_options ${LIBBPF_STATIC} PkgConfig::LIBELF z)
