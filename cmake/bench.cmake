# One source of benchmarks, on Skep and on the machine's own kernel. scripts/bench runs both.
skep_bpf_object(bench bench/bench.bpf.c)
add_custom_target(bench-object DEPENDS ${PROJECT_BINARY_DIR}/examples/bench.bpf.o)

add_executable(bench-skep EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench.cpp)
target_link_libraries(bench-skep PRIVATE skep_loader benchmark::benchmark)
add_dependencies(bench-skep bench-object)

add_executable(bench-kernel EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench.cpp)
target_link_libraries(bench-kernel PRIVATE skep_options ${LIBBPF_STATIC} PkgConfig::LIBELF z benchmark::benchmark)
add_dependencies(bench-kernel bench-object)
