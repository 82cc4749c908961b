# How files get into programs: included by the scripts that write a C source from them.

# pv_embed_bytes(FILE VARIABLE): the bytes of a file as the elements of a C array, each with a comma behind it.
function(pv_embed_bytes file variable)
  file(READ ${file} bytes HEX)
  # 16 bytes a line: what a compiler or a person says of the source can be read.
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  set(${variable} "${bytes}" PARENT_SCOPE)
endfunction()
