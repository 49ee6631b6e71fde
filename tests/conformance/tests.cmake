# compare-engines: see compare_engines.cpp. It is run by hand over the corpus, and is no part of a build.
add_executable(compare-engines EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/conformance/compare_engines.cpp)
target_link_libraries(compare-engines PRIVATE skep_cli ${CMAKE_DL_LIBS})
target_link_options(compare-engines PRIVATE -Wl,--whole-archive $<TARGET_FILE:skep_api> -Wl,--no-whole-archive)
set_target_properties(compare-engines PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

# mutation-oracle: see mutation_oracle.c. As compare-engines, not part of what is built by itself.
add_executable(mutation-oracle EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/conformance/mutation_skep.cpp
               ${PROJECT_SOURCE_DIR}/tests/conformance/mutation_oracle.c)
set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/conformance/mutation_oracle.c PROPERTIES
                            COMPILE_DEFINITIONS MUTANTS_ON_SKEP)
target_link_libraries(mutation-oracle PRIVATE skep_loader)
target_link_options(mutation-oracle PRIVATE -Wl,--wrap=bpf_prog_load)
set_target_properties(mutation-oracle PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

# run-oracle: see run_oracle.c; scripts/compare-run builds it.
add_executable(run-oracle EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/conformance/run_skep.cpp
               ${PROJECT_SOURCE_DIR}/tests/conformance/run_oracle.c)
set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/conformance/run_oracle.c PROPERTIES
                            COMPILE_DEFINITIONS RUNS_ON_SKEP)
target_link_libraries(run-oracle PRIVATE skep_loader)
# Named as on the machine that is asked: programs look at the name of the task.
set_target_properties(run-oracle PROPERTIES OUTPUT_NAME run_oracle RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
