#!/bin/sh
# A stand-in of the entrypoint of PostgreSQL's image: as that one, it makes a database only where there is none.
# As there, a directory that has something else in it is no place for one, and the container ends.
set -eu
mkdir -p "$PGDATA"
chmod 0700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=$(mktemp)
    printf %s "$POSTGRES_PASSWORD" > "$password"
    initdb --username="$POSTGRES_USER" --auth=scram-sha-256 --no-sync --pwfile="$password"
    rm "$password"
    if [ "$POSTGRES_DB" != postgres ]; then
        echo "create database \"$POSTGRES_DB\"" | postgres --single -jE postgres
    fi
fi
exec "$@" -c unix_socket_directories=/tmp -c fsync=off
