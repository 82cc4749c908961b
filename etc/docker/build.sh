#!/bin/sh
# build.sh DESTDIR: builds the release preset of the source tree that this script is in, and installs
# it under DESTDIR ("/" for the machine itself) with prefix /usr.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DESTDIR" >&2; exit 2; }
cd "$(dirname "$0")/../.."
cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr -DPV_WERROR=ON
cmake --build --preset release
DESTDIR="$1" cmake --install build/release
