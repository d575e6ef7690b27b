#!/bin/sh
# Runs a command in a root of its own: this machine's files with an unpacked server laid over them, writes kept in memory.
# Needs root and overlayfs, and namespaces of its own for mounts and processes: `unshare --mount --pid --fork --kill-child`.
#
#   in-root.sh SERVER_FOLDER WORK_FOLDER COMMAND...     WORK_FOLDER is /stage inside; WORK_FOLDER/setup.sh runs there first
set -eu
server="$1" work="$2"
shift 2

memory="$work/memory"
mkdir -p "$memory"
mount -t tmpfs tmpfs "$memory"
mkdir "$memory/lower" "$memory/upper" "$memory/scratch" "$memory/root"
cp -a "$server/." "$memory/lower/"
rm -f "$memory/lower/.complete"
mount -t overlay overlay -o "lowerdir=$memory/lower:/,upperdir=$memory/upper,workdir=$memory/scratch" "$memory/root"
root="$memory/root"
mkdir -p "$root/stage" "$root/run"
mount --bind "$work" "$root/stage"
mount -t tmpfs tmpfs "$root/run"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" /bin/sh -c '. /stage/setup.sh && exec "$@"' sh "$@"
