#!/bin/sh
# Builds native/ into BUILD/native and, where nvcc is present, cuda-kernels/ into BUILD/cuda-kernels.
# Quiet unless something fails; POTSTILL_CUDA=OFF in the environment leaves CUDA out.
# usage: cmake/build-natives.sh BUILD
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$1

# Configures and builds one project with further options; only what changed is built again.
build_project() {
  source=$root/$1
  target=$build/$1
  log=$target/build.log
  name=$1
  shift
  mkdir -p "$target"
  if ! { cmake -S "$source" -B "$target" -DCMAKE_BUILD_TYPE=Release "$@" \
    && cmake --build "$target" -j "$(nproc 2>/dev/null || echo 2)"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "building $name/ failed; the log above is $log" >&2
    exit 1
  fi
}

build_project native
if [ "${POTSTILL_CUDA:-AUTO}" = OFF ]; then
  echo "POTSTILL_CUDA=OFF: cuda-kernels/ is not built"
elif ! command -v nvcc >/dev/null 2>&1; then
  echo "nvcc is not on the PATH: cuda-kernels/ is not built"
elif [ -f "$root/cuda-kernels/CMakeLists.txt" ]; then
  build_project cuda-kernels -DPOTSTILL_CUDA_TESTS=OFF
fi
