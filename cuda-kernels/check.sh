#!/bin/sh
# Builds the CUDA kernels on a machine with nvcc, CMake, Python and a GPU (no JDK), and prints one
# table: results against double precision, compute-sanitizer, times against CUB and PyTorch.
#
# usage: cuda-kernels/check.sh [--no-gpu] [--quick] [--arch LIST] [--out DIR]
#   --no-gpu     only what needs no GPU: everything is built, the tests on the host run, and the
#                programs that check on a GPU are checked against the CPU kernels
#   --quick      without compute-sanitizer (and without valgrind, its like on the host), which takes
#                longer than all the rest
#   --arch LIST  CUDA architectures (default: the GPU's own; with --no-gpu those of the release)
#   --out DIR    where it builds, and writes results.jsonl (default: cuda-kernels/target/check)
# environment: PYTHON (default python3), with PyTorch for all that compares with it
#
# exit status: 0 all right and every target met; 1 a wrong result, a finding of the sanitizer, or a
# build that fails; 2 wrong usage; 3 a target missed; 4 something is missing, so that not all of
# it ran; 77 no GPU, nothing ran
set -u
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
out=$here/target/check
arch=
gpu=yes
sanitize=yes

usage() {
  sed -n 's/^# \{0,1\}//; 5,11p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --no-gpu) gpu=no ;;
    --quick) sanitize=no ;;
    --arch) [ $# -gt 1 ] || usage; shift; arch=$1 ;;
    --out) [ $# -gt 1 ] || usage; shift; out=$1 ;;
    *) usage ;;
  esac
  shift
done

missing=
for tool in nvcc cmake c++ make "$python"; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
  echo "missing:$missing" >&2
  exit 4
fi

if [ $gpu = yes ]; then
  # One line a GPU, 90 for compute capability 9.0; where there is none, why.
  found=$("$python" - 2>&1 <<'PROBE'
import ctypes
import sys
try:
    cuda, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_int(0)
    error = cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count))
    if error or count.value == 0:
        sys.exit(f"the driver finds none (error {error})")
    for device in range(count.value):
        major, minor = ctypes.c_int(0), ctypes.c_int(0)
        cuda.cuDeviceGetAttribute(ctypes.byref(major), 75, device)
        cuda.cuDeviceGetAttribute(ctypes.byref(minor), 76, device)
        print(10 * major.value + minor.value)
except OSError:
    sys.exit("there is no driver (libcuda.so.1)")
PROBE
  ) || {
    echo "no GPU: $found; --no-gpu runs what needs none" >&2
    exit 77
  }
  [ -n "$arch" ] || arch=$(printf '%s\n' "$found" | sort -u | paste -sd ';' -)
fi

mkdir -p "$out" || exit 2
results=$out/results.jsonl
logs=$out/logs
rm -rf "$logs"
mkdir "$logs"
: >"$results"

# step STATE NAME DETAIL; what would end a JSON string is left out.
step() {
  detail=$(printf '%s' "$3" | tr -d '"\\' | tr '\n\t' '  ')
  printf '{"kind": "step", "name": "%s", "state": "%s", "detail": "%s"}\n' "$2" "$1" "$detail" \
    >>"$results"
}

# run NAME LOG COMMAND...: a step that passes where the command does; 77 means not run.
run() {
  name=$1
  log=$logs/$2.log
  shift 2
  echo "-- $name" >&2
  "$@" >"$log" 2>&1
  case $? in
    0) step pass "$name" "" ;;
    77) step "not run" "$name" "$(tail -n 1 "$log")" ;;
    *) step WRONG "$name" "$(grep -E 'FAILED|ERROR SUMMARY|rror:' "$log" | tail -n 1) (see $log)" ;;
  esac
}

# measure NAME LOG COMMAND...: the command's lines of JSON belong to the results.
measure() {
  name=$1
  log=$logs/$2.log
  shift 2
  echo "-- $name" >&2
  "$@" >"$log.jsonl" 2>"$log"
  status=$?
  cat "$log.jsonl" >>"$results"
  # 1 and no line that says why: the program itself failed.
  if [ $status -eq 77 ]; then
    step "not run" "$name" "$(tail -n 1 "$log")"
  elif [ $status -ne 0 ] && ! grep -q '"ok": false' "$log.jsonl"; then
    step WRONG "$name" "status $status: $(tail -n 1 "$log") (see $log)"
  fi
}

build() {
  source=$1
  shift
  if ! { cmake -S "$source" -B "$out/$(basename "$source")" -DCMAKE_BUILD_TYPE=Release "$@" \
    && cmake --build "$out/$(basename "$source")" -j "$(nproc)"; } >"$logs/build.log" 2>&1; then
    tail -n 20 "$logs/build.log" >&2
    echo "building $source failed; all of it: $logs/build.log" >&2
    exit 1
  fi
}

echo "-- building" >&2
build "$here" -DPOTSTILL_CUDA=ON ${arch:+"-DCMAKE_CUDA_ARCHITECTURES=$arch"}
built=$out/cuda-kernels
library=$built/libpotstill_cuda.so

run "kernels executed on the host" host "$built/tests/host/host_kernels_test"
run "loads without a GPU" loads "$built/tests/loads_without_gpu_test" "$library"
run "exports its C ABI alone" exports sh "$here/tests/exports_test.sh" "$library"
run "rows in shared memory are read in wide words" wide-reads sh "$here/tests/wide_reads_test.sh" nvcc

torch=$("$python" -c 'import torch' 2>&1 | tail -n 1)
if [ $gpu = no ]; then
  # What compute-sanitizer memcheck looks for on a GPU: the fibers of the host are no hindrance.
  if [ $sanitize = no ]; then
    step "not run" "valgrind memcheck on the host" "--quick"
  elif command -v valgrind >/dev/null 2>&1; then
    run "valgrind memcheck on the host" valgrind valgrind --max-stackframe=4000000 \
      --error-exitcode=99 "$built/tests/host/host_kernels_test"
  else
    step "not run" "valgrind memcheck on the host" "valgrind is not installed"
  fi
  if [ -n "$torch" ]; then
    step "not run" "references against the CPU kernels" "$torch"
  else
    build "$here/../native" -DPOTSTILL_NATIVE_TESTS=OFF
    cpu=$out/native/libpotstill_kernels.so
    measure "references against the CPU kernels" random \
      "$python" "$here/bench/random_check.py" --cpu --cases 20 "$cpu"
    measure "PyTorch's expressions against the CPU kernels" torch \
      "$python" "$here/bench/bench_torch.py" --self-check "$cpu"
  fi
else
  [ -n "$torch" ] || torch=$("$python" -c 'import torch
if not torch.cuda.is_available(): print("this PyTorch finds no GPU")' 2>&1 | tail -n 1)
  for seed in 20240607 1 2; do
    run "kernels on the GPU, seed $seed" "gpu-$seed" "$built/tests/gpu_kernels_test" $seed
  done
  # Beside the nvcc that works: the one on the PATH may be a script that calls it.
  sanitizer=$(command -v compute-sanitizer ||
    nvcc --dryrun -x cu /dev/null 2>&1 | sed -n 's|^#\$ _THERE_=\(.*\)|\1/compute-sanitizer|p')
  for tool in memcheck racecheck; do
    if [ $sanitize = no ]; then
      step "not run" "compute-sanitizer $tool" "--quick"
    elif [ -x "$sanitizer" ]; then
      run "compute-sanitizer $tool" $tool "$sanitizer" --tool $tool --error-exitcode 99 \
        "$built/tests/gpu_kernels_test"
    else
      step "not run" "compute-sanitizer $tool" "compute-sanitizer is not installed"
    fi
  done
  measure "times against a copy and CUB" bench "$built/bench/bench_kernels"
  if [ -n "$torch" ]; then
    step "not run" "random sizes and types" "$torch"
    step "not run" "times against PyTorch" "$torch"
  else
    measure "random sizes and types" random "$python" "$here/bench/random_check.py" "$library"
    measure "times against PyTorch" torch "$python" "$here/bench/bench_torch.py" "$library"
  fi
fi

"$python" "$here/bench/table.py" "$results"
status=$?
echo "results: $results" >&2
exit $status
