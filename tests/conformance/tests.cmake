# compare-engines: see compare_engines.cpp. It is run by hand over the corpus, and is no part of a build.
add_executable(compare-engines EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/conformance/compare_engines.cpp)
target_link_libraries(compare-engines PRIVATE skep_cli ${CMAKE_DL_LIBS})
target_link_options(compare-engines PRIVATE -Wl,--whole-archive $<TARGET_FILE:skep_api> -Wl,--no-whole-archive)
set_target_properties(compare-engines PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
