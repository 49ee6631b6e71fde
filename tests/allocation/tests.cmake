# A program of its own, for it counts every allocation of the process.
add_executable(test-allocation ${CMAKE_CURRENT_LIST_DIR}/allocation_test.cpp)
target_include_directories(test-allocation PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(test-allocation PRIVATE skep_kernel GTest::gmock GTest::gtest_main)
add_test(NAME allocation COMMAND test-allocation --gtest_brief=1)
