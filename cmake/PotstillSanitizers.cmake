# -DPOTSTILL_SANITIZE=ON builds library and tests with AddressSanitizer and UBSan.
option(POTSTILL_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

function(potstill_sanitizers target)
  if(POTSTILL_SANITIZE)
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
endfunction()
