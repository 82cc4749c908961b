# Writes script.c from pv.js: cmake -DJS=… -DOUT=… -P embed_script.cmake
include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/embed.cmake)

file(SIZE ${JS} size)
file(SHA256 ${JS} hash)
string(SUBSTRING ${hash} 0 16 etag)
if(size GREATER 2048)
  message(FATAL_ERROR "${JS} has ${size} bytes: pages load it, so it must not be over 2048")
endif()
pv_embed_bytes(${JS} bytes)
file(WRITE ${OUT} "#include \"producer/http/script.h\"\n
const size_t pv_script_size = ${size};
const char pv_script_etag[] = \"\\\"${etag}\\\"\";
const char pv_script[] = {${bytes}0};\n")
