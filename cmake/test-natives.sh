#!/bin/sh
# Tests native/ as built in BUILD/native, the sources of cuda-kernels/ as plain C++ on the host,
# which needs neither nvcc nor a GPU, and where the library for GPUs was built, what can be told of it
# without one.
# usage: cmake/test-natives.sh BUILD
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/project.sh"
build=$1

ctest --test-dir "$build/native" --quiet --output-on-failure
build_project cuda-kernels cuda-kernels-host all -DPOTSTILL_CUDA=OFF
ctest --test-dir "$build/cuda-kernels-host" --quiet --output-on-failure

library=$build/cuda-kernels/libpotstill_cuda.so
if [ -f "$library" ] && command -v nvcc >/dev/null 2>&1; then
  sh "$root/cuda-kernels/tests/exports_test.sh" "$library"
  sh "$root/cuda-kernels/tests/wide_reads_test.sh" nvcc
fi
