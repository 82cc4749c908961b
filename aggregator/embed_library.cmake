# Joins the files of the function library into one text, LUA, and writes library.c from it:
# cmake "-DPARTS=…;…" -DLUA=… -DOUT=… -P embed_library.cmake
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/embed.cmake)

set(between "")
file(WRITE ${LUA} "")
foreach(part IN LISTS PARTS)
  file(READ ${part} text)
  file(APPEND ${LUA} "${between}${text}")
  set(between "\n")
endforeach()

file(READ ${LUA} source)
if(NOT source MATCHES "local VERSION = ([0-9]+)")
  message(FATAL_ERROR "${LUA} names no VERSION")
endif()
set(version ${CMAKE_MATCH_1})
pv_embed_bytes(${LUA} bytes)
file(WRITE ${OUT} "#include \"aggregator/library.h\"\n
const int pv_library_version = ${version};
const char pv_library_source[] = {${bytes}0};\n")
