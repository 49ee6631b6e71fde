# Tests that are not a layer's own: the Python tests of tests/conformance, one ctest entry a file, and whatever a directory
# of tests adds by a tests.cmake of its own (plugins, programs that several layers' tests need).
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/conformance/*_test.py)
foreach(script ${scripts})
  cmake_path(GET script STEM name)
  string(REPLACE "_test" "" name ${name})
  add_test(NAME conformance-${name} COMMAND ${Python3_EXECUTABLE} -B ${script} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/conformance)
  set_tests_properties(conformance-${name} PROPERTIES ENVIRONMENT "SKEP=$<TARGET_FILE:skep>")
endforeach()

file(GLOB parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/tests.cmake)
foreach(part ${parts})
  include(${part})
endforeach()
