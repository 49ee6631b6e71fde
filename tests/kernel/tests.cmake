# test-kernel compares with the tables of tests/conformance/ (attach_tables_test.cpp).
target_compile_definitions(test-kernel PRIVATE CONFORMANCE_DIR="${PROJECT_SOURCE_DIR}/tests/conformance")
