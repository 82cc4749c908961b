# Writes web_files_table.c, a row a file:
#     cmake -DOUT=… -DFILES=PATH=SOURCE;PATH=SOURCE… -P embed_web.cmake
# PATH is the file's place below --out, SOURCE where its bytes are.
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/embed.cmake)

set(number 0)
set(arrays "")
set(rows "")
foreach(pair ${FILES})
  string(REGEX MATCH "^([^=]+)=(.+)$" whole "${pair}")
  set(path ${CMAKE_MATCH_1})
  set(source ${CMAKE_MATCH_2})
  file(SIZE ${source} size)
  pv_embed_bytes(${source} bytes)
  set(is_dashboard true)
  if(path STREQUAL "views.js")
    set(is_dashboard false)
  endif()
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${bytes}0};\n")
  string(APPEND rows "    {\"${path}\", file_${number}, ${size}, ${is_dashboard}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "#include \"dashboard-export/web_files.h\"\n
${arrays}
const struct pv_web_file pv_web_files[] = {\n${rows}    {NULL, NULL, 0, false},\n};\n")
