# What the debugger uses where it is there: libdw, by which local variables are found, and libedit, by which lines that are
# typed can be edited.
pkg_check_modules(DW QUIET IMPORTED_TARGET libdw)
option(SKEP_DWARF "Local variables in the debugger (needs libdw)" ${DW_FOUND})
if(SKEP_DWARF)
  if(NOT DW_FOUND)
    message(FATAL_ERROR "SKEP_DWARF needs libdw (libdw-dev)")
  endif()
  target_compile_definitions(skep_debugger PRIVATE SKEP_DWARF)
  target_link_libraries(skep_debugger PRIVATE PkgConfig::DW)
endif()
pkg_check_modules(EDITLINE QUIET IMPORTED_TARGET libedit)
