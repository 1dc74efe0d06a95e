#!/bin/sh
# Installs what Debian or Ubuntu lacks of the tools named below; does nothing where all are there.
# usage: scripts/prerequisites.sh build|test
set -eu

# tool:package, or tool:package|package where releases differ: the first that this one has is taken
need_build="javac:openjdk-17-jdk-headless|openjdk-21-jdk-headless|openjdk-25-jdk-headless
  g++:g++ cmake:cmake make:make curl:curl unzip:unzip"
# Ubuntu has Chromium as a snap alone: tests in a browser are skipped there
want_test="chromium:chromium chromedriver:chromium-driver"

lacking() {
  for need in "$@"; do
    command -v "${need%%:*}" >/dev/null 2>&1 || printf ' %s' "${need#*:}"
  done
}

# Prints the first of the packages a|b|c that this release has.
available() {
  for package in $(echo "$1" | tr '|' ' '); do
    [ -z "$(apt-cache madison "$package")" ] || { echo "$package"; return; }
  done
}

cannot_install() {
  echo "missing:$needed$wanted (names of Debian packages, of a|b one); $1" >&2
  [ -n "$needed" ] || exit 0
  exit 1
}

# shellcheck disable=SC2086 # one argument per need
case "${1:-build}" in
  build) needed=$(lacking $need_build) wanted="" ;;
  test) needed=$(lacking $need_build) wanted=$(lacking $want_test) ;;
  *) echo "usage: $0 build|test" >&2; exit 2 ;;
esac
[ -n "$needed$wanted" ] || exit 0

command -v apt-get >/dev/null 2>&1 || cannot_install "install them and run this again"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  as_root="sudo"
  command -v sudo >/dev/null 2>&1 || cannot_install "install them as root and run this again"
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq

packages=""
for names in $needed $wanted; do
  package=$(available "$names")
  if [ -n "$package" ]; then
    packages="$packages $package"
  else
    echo "this release has no package $names" >&2
    case "$needed " in *" $names "*) exit 1 ;; esac
  fi
done
[ -n "$packages" ] || exit 0
echo "installing:$packages"
# shellcheck disable=SC2086 # one argument per package
$as_root apt-get install -y -qq --no-install-recommends ca-certificates $packages >/dev/null
