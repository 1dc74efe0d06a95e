#!/bin/sh
# Tests native/ as built in BUILD/native, and the sources of cuda-kernels/ as plain C++ on the host,
# which needs neither nvcc nor a GPU.
# usage: cmake/test-natives.sh BUILD
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/project.sh"
build=$1

ctest --test-dir "$build/native" --quiet --output-on-failure
build_project cuda-kernels cuda-kernels-host all -DPOTSTILL_CUDA=OFF
ctest --test-dir "$build/cuda-kernels-host" --quiet --output-on-failure
