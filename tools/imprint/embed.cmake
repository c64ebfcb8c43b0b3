# imprint_embed(TARGET (NAME FILE)...): compiles each FILE into TARGET as `const struct cli_embedded NAME`.
# Octets, not text: a string literal has a length that ISO C promises no more than 4,095 of.
function(imprint_embed target)
  set(generated "${CMAKE_BINARY_DIR}/generated/cli_embedded.c")
  set(text "#include \"tools/imprint/embedded.h\"\n")
  while(ARGN)
    list(POP_FRONT ARGN name file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${file}")
    file(READ "${CMAKE_SOURCE_DIR}/${file}" octets HEX)
    string(REGEX REPLACE "(..)" "0x\\1," octets "${octets}")
    string(APPEND text "static const uint8_t ${name}_data[] = {${octets}};\n"
      "const struct cli_embedded ${name} = {${name}_data, sizeof ${name}_data};\n")
  endwhile()
  file(CONFIGURE OUTPUT "${generated}" CONTENT "${text}" @ONLY)
  target_sources(${target} PRIVATE "${generated}")
endfunction()
