# test-kernel compares with the tables of tests/conformance/ (attach_tables_test.cpp).
target_compile_definitions(test-kernel PRIVATE CONFORMANCE_DIR="${PROJECT_SOURCE_DIR}/tests/conformance")
# What 7.3 answered to thousands of questions is compared on its own: sanitizers for threads have nothing to see in it.
set_tests_properties(kernel PROPERTIES ENVIRONMENT GTEST_FILTER=-*AsLinux*)
add_test(NAME answers COMMAND test-kernel --gtest_brief=1 --gtest_filter=*AsLinux*)
