#!/bin/sh
# install-packages.sh LIST...: installs the Debian packages that these files name, one a line.
# Runs as root in an image being built or in a debootstrap'd root; leaves no package lists behind.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
sed 's/#.*//' "$@" | xargs apt-get install -qy --no-install-recommends
apt-get clean
rm -rf /var/lib/apt/lists/*
