#!/bin/sh
# Builds native/ into BUILD/native and, where nvcc is present, cuda-kernels/ into BUILD/cuda-kernels.
# Quiet unless something fails; POTSTILL_CUDA=OFF in the environment leaves CUDA out.
# usage: cmake/build-natives.sh BUILD
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/project.sh"
build=$1

build_project native native
if [ "${POTSTILL_CUDA:-AUTO}" = OFF ]; then
  echo "POTSTILL_CUDA=OFF: cuda-kernels/ is not built"
elif ! command -v nvcc >/dev/null 2>&1; then
  echo "nvcc is not on the PATH: cuda-kernels/ is not built"
elif [ -f "$root/cuda-kernels/CMakeLists.txt" ]; then
  build_project cuda-kernels cuda-kernels -DPOTSTILL_CUDA_TESTS=OFF
fi
