# testmod.so: the modules that the conformance corpus was written against, as a plugin of `skep --host`.
file(GLOB testmod_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/testmod/*.cpp)
add_library(testmod MODULE ${testmod_sources})
skep_lightly_optimized(testmod)
target_include_directories(testmod PRIVATE ${PROJECT_SOURCE_DIR}/include)
set_target_properties(testmod PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} CXX_VISIBILITY_PRESET hidden)
