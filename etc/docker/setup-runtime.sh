#!/bin/sh
# setup-runtime.sh: the user that the programs run as, and the directories that they write to.
# Volumes mounted there the first time take over these owners.
set -eu
getent group pageviews >/dev/null || groupadd --system --gid 990 pageviews
getent passwd pageviews >/dev/null ||
    useradd --system --uid 990 --gid pageviews --no-create-home --home-dir /var/lib/pageviews \
        --shell /usr/sbin/nologin pageviews
install -d -o pageviews -g pageviews -m 0755 /var/lib/pageviews /var/lib/pageviews/producer \
    /var/lib/pageviews/snapshots
install -d -o pageviews -g pageviews -m 0700 /var/lib/pageviews/spool
