#!/bin/sh
# Runs the tests of native/ and those of cuda-kernels/ on the host with AddressSanitizer and UBSan;
# those of native/ once more with the AVX-512 level's code compiled for AVX2, as decision 0010 has it.
# Takes ten minutes.
# usage: scripts/sanitize.sh [BUILD], a folder to build in (default: target/sanitize)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/project.sh"
build=${1:-$root/target/sanitize}

build_project native native all -DPOTSTILL_SANITIZE=ON
build_project native native-emulated all -DPOTSTILL_SANITIZE=ON -DPOTSTILL_EMULATE_AVX512=ON
build_project cuda-kernels cuda-kernels-host all -DPOTSTILL_SANITIZE=ON -DPOTSTILL_CUDA=OFF
for tests in native native-emulated cuda-kernels-host; do
  ctest --test-dir "$build/$tests" --output-on-failure
done
