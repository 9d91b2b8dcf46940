# Run a command where /data, /backup and /sidecar are directories of a test, and all else is as it is here.
# sandbox.sh ROOT HOME COMMAND…, in a mount namespace of its own; ROOT is an empty directory.
set -eu
root=$1 home=$2
shift 2
mount --make-rprivate /
mount -t tmpfs sandbox "$root"
for top in /*; do
    if [ -L "$top" ]; then
        cp -P "$top" "$root$top"
    elif [ -d "$top" ]; then
        mkdir "$root$top"
        mount --rbind "$top" "$root$top"
    fi
done
for own in data backup sidecar; do
    mkdir -p "$root/$own"
    mount --bind "$home/$own" "$root/$own"
done
exec chroot "$root" "$@"
