# find_package(gull): the imported target gull::gull, found beside this file.
find_library(gull_LIBRARY gull HINTS "${CMAKE_CURRENT_LIST_DIR}/../.." REQUIRED)
find_path(gull_INCLUDE_DIR gull/gull.h HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../include"
  "${CMAKE_CURRENT_LIST_DIR}/../../../../include" REQUIRED)
if(NOT TARGET gull::gull)
  add_library(gull::gull UNKNOWN IMPORTED)
  set_target_properties(gull::gull PROPERTIES IMPORTED_LOCATION "${gull_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${gull_INCLUDE_DIR}")
endif()
