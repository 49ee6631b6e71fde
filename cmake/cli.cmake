# The command `skep`.
file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.cpp)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/src/cli/main.cpp)
add_library(skep_cli STATIC ${cli_sources})
target_link_libraries(skep_cli PUBLIC skep_api skep_testbench)
add_executable(skep ${PROJECT_SOURCE_DIR}/src/cli/main.cpp)
target_link_libraries(skep PRIVATE skep_cli ${CMAKE_DL_LIBS})
# Plugins may call all of the API: what the command itself does not use is there, too.
target_link_options(skep PRIVATE -Wl,--whole-archive $<TARGET_FILE:skep_api> -Wl,--no-whole-archive)
set_target_properties(skep PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

file(GLOB cli_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/cli/*_test.cpp)
if(cli_tests AND SKEP_TESTS)
  add_executable(test-cli ${cli_tests})
  target_include_directories(test-cli PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test-cli PRIVATE SKEP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(test-cli PRIVATE skep_cli GTest::gmock GTest::gtest_main)
  add_test(NAME cli COMMAND test-cli --gtest_brief=1)
endif()
