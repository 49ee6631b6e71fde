# The kernel's types that Skep brings along, of the reference release: unpacked here, put into the library by
# src/kernel/reference_types.cpp. scripts/reference-types makes the archive.
set(SKEP_REFERENCE_TYPES ${PROJECT_BINARY_DIR}/data/linux-7.3.btf)
set(archive ${PROJECT_SOURCE_DIR}/data/linux-7.3.btf.tar.xz)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${archive})
if(NOT EXISTS ${SKEP_REFERENCE_TYPES} OR ${archive} IS_NEWER_THAN ${SKEP_REFERENCE_TYPES})
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${PROJECT_BINARY_DIR}/data TOUCH)
endif()
file(STRINGS ${PROJECT_SOURCE_DIR}/tests/conformance/release-7.3 expected REGEX "^vmlinux.btf ")
string(REPLACE "vmlinux.btf " "" expected "${expected}")
file(SHA256 ${SKEP_REFERENCE_TYPES} digest)
if(NOT digest STREQUAL expected)
  message(FATAL_ERROR "${archive} does not hold the types that tests/conformance/release-7.3 names")
endif()
add_executable(index-types ${PROJECT_SOURCE_DIR}/data/index_types.cpp)
target_link_libraries(index-types PRIVATE skep_btf)
set(index ${PROJECT_BINARY_DIR}/data/linux-7.3.index)
add_custom_command(OUTPUT ${index} COMMAND index-types ${SKEP_REFERENCE_TYPES} ${index}
  DEPENDS index-types ${SKEP_REFERENCE_TYPES} VERBATIM)
set_source_files_properties(src/kernel/reference_types.cpp PROPERTIES
  COMPILE_DEFINITIONS "SKEP_REFERENCE_TYPES=\"${SKEP_REFERENCE_TYPES}\";SKEP_REFERENCE_INDEX=\"${index}\""
  OBJECT_DEPENDS "${SKEP_REFERENCE_TYPES};${index}")
