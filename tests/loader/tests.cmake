# The loader's tests load objects that clang built; the layer's own CMake knows nothing of those.
if(TARGET test-loader)
  add_dependencies(test-loader test-work-objects examples)
  target_compile_definitions(test-loader PRIVATE WORK_OBJECTS="${PROJECT_BINARY_DIR}/tests/work"
                             EXAMPLE_OBJECTS="${PROJECT_BINARY_DIR}/examples")
endif()
