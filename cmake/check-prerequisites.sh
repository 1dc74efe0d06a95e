#!/bin/sh
# The first step of the Maven build: stops with one line that names every missing tool.
missing=""
packages=""
need() {
  command -v "$1" >/dev/null 2>&1 || { missing="$missing $1"; packages="$packages $2"; }
}
need javac openjdk-17-jdk-headless
need g++ g++
need cmake cmake
need make make
[ -z "$missing" ] && exit 0
echo "missing:$missing; install with: apt-get install$packages" >&2
exit 1
