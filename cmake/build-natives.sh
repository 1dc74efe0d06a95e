#!/bin/sh
# Builds native/ into BUILD/native, the host execution of cuda-kernels/ into BUILD/cuda-kernels-host
# (what binds the library is linked and tested against it) and, where nvcc is present, the library
# for GPUs into BUILD/cuda-kernels.
# Quiet unless something fails; POTSTILL_CUDA=OFF in the environment leaves CUDA out.
# usage: cmake/build-natives.sh BUILD
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/project.sh"
build=$1

build_project native native all
build_project cuda-kernels cuda-kernels-host potstill_cuda_host -DPOTSTILL_CUDA=OFF
if [ "${POTSTILL_CUDA:-AUTO}" = OFF ]; then
  echo "POTSTILL_CUDA=OFF: cuda-kernels/ is not built"
elif ! command -v nvcc >/dev/null 2>&1; then
  echo "nvcc is not on the PATH: cuda-kernels/ is not built"
elif [ -f "$root/cuda-kernels/CMakeLists.txt" ]; then
  build_project cuda-kernels cuda-kernels all \
    -DPOTSTILL_CUDA_TESTS=OFF -DPOTSTILL_CUDA_BENCH=OFF
fi
