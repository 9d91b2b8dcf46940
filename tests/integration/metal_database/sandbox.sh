# Run a command in a tree of Debian with a volume at /data, as a container of it would.
# sandbox.sh ROOT TREE DATA COMMAND…, in a mount namespace of its own; ROOT is an empty directory.
set -eu
root=$1 tree=$2 data=$3
shift 3
mount --make-rprivate /
mount -t tmpfs container "$root"
for top in "$tree"/*; do
    name=${top##*/}
    if [ -L "$top" ]; then
        cp -P "$top" "$root/$name"
    elif [ -d "$top" ]; then
        mkdir "$root/$name"
        mount --bind "$top" "$root/$name"
    fi
done
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mkdir "$root/data"
mount --bind "$data" "$root/data"
exec chroot "$root" setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
