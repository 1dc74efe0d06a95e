#!/bin/sh
# A row in shared memory is read by 8 or 16 bytes at once: by 4 the results are the same, but the
# threads of a warp wait for each other at its banks. usage: wide_reads_test.sh NVCC
here=$(cd "$(dirname "$0")" && pwd)
"$1" -std=c++17 -O3 -arch=compute_80 -I"$here/../src" -I"$here/../include" -ptx -o - \
  "$here/wide_reads.cu" | awk '
    /\.entry/ { kernels++; name = $3; wide = 0; words = 0 }
    /ld\.shared\.v[24]\./ { wide++ }
    /ld\.shared\.[a-z]32/ { words++ }
    /^}/ {
      # Single logits are read too: the label, and those before it where two are the largest.
      if (wide <= words) { print name ": " wide " wide reads, " words " of 4 bytes"; wrong = 1 }
    }
    END { if (kernels != 4) { print kernels " kernels instead of 4"; wrong = 1 } exit wrong }'
