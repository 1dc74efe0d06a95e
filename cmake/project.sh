# Sourced by the scripts beside it, which set root and build.

# Configures and builds one project with further options; only what changed is built again. Quiet
# unless something fails.
# usage: build_project SOURCE FOLDER TARGET OPTION...
build_project() {
  source=$root/$1
  folder=$build/$2
  log=$folder/build.log
  name=$1
  target=$3
  shift 3
  mkdir -p "$folder"
  if ! { cmake -S "$source" -B "$folder" -DCMAKE_BUILD_TYPE=Release "$@" \
    && cmake --build "$folder" --target "$target" -j "$(nproc 2>/dev/null || echo 2)"; } \
    >"$log" 2>&1; then
    cat "$log" >&2
    echo "building $name/ failed; the log above is $log" >&2
    exit 1
  fi
}
