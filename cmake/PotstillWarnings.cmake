# Every warning is an error.
function(potstill_warnings target)
  # -Wno-psabi: GCC's note that wide vectors are passed differently without AVX; no such vector
  # crosses a function that is not inlined or local.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -Wno-psabi)
endfunction()
