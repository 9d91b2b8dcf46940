# Run a command in a tree of Debian with volumes, as a container of it would; nothing of the tree is changed.
# sandbox.sh ROOT TREE [SOURCE TARGET]… -- COMMAND…, in a mount namespace of its own; ROOT is an empty directory.
set -eu
root=$1 tree=$2
shift 2
mount --make-rprivate /
mount -t tmpfs container "$root"
mkdir "$root/upper" "$root/work" "$root/seen"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$root/upper,workdir=$root/work" "$root/seen"
seen=$root/seen
mount -t tmpfs -o mode=1777 tmp "$seen/tmp"
mount --rbind /dev "$seen/dev"
mount -t proc proc "$seen/proc"
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then
        mkdir -p "$seen$2"
    else
        mkdir -p "$seen${2%/*}"
        touch "$seen$2"
    fi
    mount --bind "$1" "$seen$2"
    shift 2
done
shift
# Another user's process is told of its parent's end only if it asks for that anew.
exec chroot "$seen" setpriv --pdeathsig=KILL --reuid=postgres --regid=postgres --clear-groups "$@"
