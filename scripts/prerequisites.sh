#!/bin/sh
# Installs what Debian or Ubuntu lacks of the tools named below; does nothing where all are there.
# usage: scripts/prerequisites.sh build|test
set -eu

need_build="javac:openjdk-17-jdk-headless g++:g++ cmake:cmake make:make curl:curl unzip:unzip"
need_test="chromium:chromium chromedriver:chromium-driver"

case "${1:-build}" in
  build) needs=$need_build ;;
  test) needs="$need_build $need_test" ;;
  *) echo "usage: $0 build|test" >&2; exit 2 ;;
esac

missing=""
for need in $needs; do
  command -v "${need%%:*}" >/dev/null 2>&1 || missing="$missing ${need##*:}"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "missing:$missing (names of Debian packages); install them and run this again" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  as_root="sudo"
  command -v sudo >/dev/null 2>&1 || {
    echo "missing:$missing; as root run: apt-get install$missing" >&2
    exit 1
  }
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # one argument per package
$as_root apt-get install -y -qq --no-install-recommends ca-certificates $missing >/dev/null
