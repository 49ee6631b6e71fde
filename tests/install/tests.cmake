# The installed tree, as a consumer sees it. Not under sanitizers: consumers are built without.
if(NOT SKEP_SANITIZE)
  add_test(NAME install COMMAND ${CMAKE_CURRENT_LIST_DIR}/run ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR}
           ${PROJECT_BINARY_DIR}/examples ${CMAKE_COMMAND})
endif()
