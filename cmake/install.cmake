# libskep, shared (libskep.so) and static (libskep.a, with the loader's stand-ins for libbpf), and what `cmake --install` and
# `cpack` put where: headers, libraries, the command, pkg-config and CMake package files, the manual.
include(GNUInstallDirs)

get_property(SKEP_LAYERS GLOBAL PROPERTY SKEP_LAYERS)

# ---- shared: the API's layers whole, the others as they need them; libbpf inside, hidden.
add_library(skep_shared SHARED ${PROJECT_SOURCE_DIR}/src/api/standard_error.c)
set_target_properties(skep_shared PROPERTIES OUTPUT_NAME skep EXPORT_NAME skep VERSION ${PROJECT_VERSION} SOVERSION 0
                      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} LINKER_LANGUAGE CXX
                      LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/libskep.map)
target_link_options(skep_shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/libskep.map -Wl,--wrap=stderr
                    -Wl,--whole-archive $<TARGET_FILE:skep_api> $<TARGET_FILE:skep_kernel> $<TARGET_FILE:skep_loader>
                    -Wl,--no-whole-archive)
if(NOT SKEP_SANITIZE)
  target_link_options(skep_shared PRIVATE -Wl,-z,defs)
endif()
target_link_libraries(skep_shared PRIVATE skep_api)
target_include_directories(skep_shared INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(skep_shared INTERFACE cxx_std_20)

# ---- static: one archive of all layers.
set(archive ${PROJECT_BINARY_DIR}/libskep.a)
set(script "create ${archive}\n")
set(layer_targets)
list(REMOVE_ITEM SKEP_LAYERS testbench)
foreach(layer ${SKEP_LAYERS})
  get_target_property(type skep_${layer} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    list(APPEND layer_targets skep_${layer})
    string(APPEND script "addlib $<TARGET_FILE:skep_${layer}>\n")
  endif()
endforeach()
string(APPEND script "save\nend\n")
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/archive.mri CONTENT "${script}")
add_custom_command(OUTPUT ${archive}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
  COMMAND sh -c "${CMAKE_AR} -M <${PROJECT_BINARY_DIR}/archive.mri"
  DEPENDS ${layer_targets} VERBATIM)
add_custom_target(skep-archive ALL DEPENDS ${archive})

# ---- package files. Installed ones find their prefix from where they are; those of the build tree name it.
string(JOIN " " SKEP_PC_WRAP ${SKEP_WRAP_FLAGS})
file(RELATIVE_PATH SKEP_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" SKEP_PC_PREFIX "${SKEP_PC_PREFIX}")
foreach(package skep skep-libbpf)
  set(SKEP_PC_LIBDIR "\${pcfiledir}/${SKEP_PC_PREFIX}/${CMAKE_INSTALL_LIBDIR}")
  set(SKEP_PC_INCLUDEDIR "\${pcfiledir}/${SKEP_PC_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}")
  configure_file(cmake/${package}.pc.in ${PROJECT_BINARY_DIR}/installed/${package}.pc @ONLY)
  set(SKEP_PC_LIBDIR ${PROJECT_BINARY_DIR})
  set(SKEP_PC_INCLUDEDIR ${PROJECT_SOURCE_DIR}/include)
  configure_file(cmake/${package}.pc.in ${PROJECT_BINARY_DIR}/${package}.pc @ONLY)
endforeach()
string(JOIN ";" SKEP_CMAKE_WRAP ${SKEP_WRAP_FLAGS})
configure_file(cmake/skep-config.cmake.in ${PROJECT_BINARY_DIR}/installed/skep-config.cmake @ONLY)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/installed/skep-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS skep_shared EXPORT skep LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/skep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/installed/skep.pc ${PROJECT_BINARY_DIR}/installed/skep-libbpf.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(EXPORT skep FILE skep-targets.cmake NAMESPACE skep:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/skep)
install(FILES ${PROJECT_BINARY_DIR}/installed/skep-config.cmake ${PROJECT_BINARY_DIR}/installed/skep-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/skep)
if(TARGET skep)
  install(TARGETS skep RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/docs/man/skep.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/examples/embed.cpp ${PROJECT_SOURCE_DIR}/examples/embed.c ${PROJECT_SOURCE_DIR}/examples/two_pumps.cpp
        ${PROJECT_SOURCE_DIR}/examples/embed.bpf.c ${PROJECT_SOURCE_DIR}/examples/loader.c ${PROJECT_SOURCE_DIR}/examples/wq.bpf.c
        ${PROJECT_SOURCE_DIR}/examples/wq.h ${PROJECT_SOURCE_DIR}/examples/vmlinux.h DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Linux's BPF subsystem in user space")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
include(CPack)
