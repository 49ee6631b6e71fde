# What is true of the sources themselves.
add_test(NAME house-heads COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/heads_test.py)
add_test(NAME house-layers COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/layers_test.py)
add_test(NAME house-rooms COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/rooms_test.py)
