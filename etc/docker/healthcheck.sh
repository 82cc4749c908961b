#!/bin/bash
# healthcheck.sh PORT: succeeds when the program's --metrics port answers /healthz with 200.
# By bash alone: the image has no HTTP client.
set -eu
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3
read -r _ code _ <&3
[ "$code" = 200 ]
