# The Python module, by the C interface of the library that was built: with the first interpreter that has pytest, which
# scripts/setup installs for Debian's.
set(python_with_pytest)
foreach(candidate ${Python3_EXECUTABLE} /usr/bin/python3)
  execute_process(COMMAND ${candidate} -c "import pytest, setuptools, wheel" RESULT_VARIABLE lacks OUTPUT_QUIET ERROR_QUIET)
  if(lacks EQUAL 0 AND NOT python_with_pytest)
    set(python_with_pytest ${candidate})
  endif()
endforeach()
if(NOT python_with_pytest)
  message(FATAL_ERROR "the tests of the Python module need pytest, setuptools and wheel: run scripts/setup")
endif()
set(python_environment "SKEP_LIBRARY=$<TARGET_FILE:skep_shared>" "PYTHONPATH=${PROJECT_SOURCE_DIR}/python"
    "BENCH_OBJECTS=${PROJECT_BINARY_DIR}/tests/testbench" "PYTHONDONTWRITEBYTECODE=1")
if(SKEP_SANITIZE MATCHES "address")
  # Python itself is not instrumented: the sanitizer's library must come first, and what Python leaks is its own affair.
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE asan OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libstdc++.so OUTPUT_VARIABLE stdcxx OUTPUT_STRIP_TRAILING_WHITESPACE)
  list(APPEND python_environment "LD_PRELOAD=${asan}:${stdcxx}" "ASAN_OPTIONS=detect_leaks=0")
endif()
add_test(NAME python COMMAND ${python_with_pytest} -B -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/module_test.py
         ${CMAKE_CURRENT_LIST_DIR}/plugin_test.py)
set_tests_properties(python PROPERTIES ENVIRONMENT "${python_environment}")
if(NOT SKEP_SANITIZE)
  add_test(NAME python-install COMMAND ${python_with_pytest} -B ${CMAKE_CURRENT_LIST_DIR}/install_test.py ${PROJECT_SOURCE_DIR}/python)
  set_tests_properties(python-install PROPERTIES ENVIRONMENT "SKEP_LIBRARY=$<TARGET_FILE:skep_shared>;BENCH_OBJECTS=${PROJECT_BINARY_DIR}/tests/testbench")
endif()
