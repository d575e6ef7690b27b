#!/usr/bin/env bash
# Unpacks Debian's Postfix, Exim, OpenSMTPD and Dovecot, with the libraries they need, into a folder of their own each.
# Nothing is installed: the packages exclude each other, and none shall run as a service.
#
#   test/real-servers/fetch.sh [FOLDER]     default: .mail-servers, where the tests look for them
set -euo pipefail
folder="${1:-$(dirname "$0")/../../.mail-servers}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
command -v apt-get >/dev/null || { echo "this needs Debian's apt-get" >&2; exit 1; }

unpack() { # NAME PACKAGE...
  local name="$1" debs packages
  shift
  [ -e "$folder/$name/.complete" ] && return
  rm -rf "${folder:?}/$name"
  debs="$(mktemp -d)"
  # What apt would install now: the packages and those of their dependencies that this machine lacks.
  packages="$(apt-get install --simulate --no-install-recommends "$@" | awk '$1 == "Inst" { print $2 }')"
  # A package that is installed already is not in that list, and is wanted here all the same.
  (cd "$debs" && printf '%s\n' $packages "$@" | sort -u | xargs apt-get -o APT::Sandbox::User=root download -qq)
  mkdir -p "$folder/$name"
  for deb in "$debs"/*.deb; do dpkg-deb --extract "$deb" "$folder/$name"; done
  rm -r "$debs"
  # On a merged /usr these are links, which real folders of the same name would hide.
  for top in bin sbin lib lib64; do
    if [ -d "$folder/$name/$top" ] && [ ! -L "$folder/$name/$top" ]; then
      mkdir -p "$folder/$name/usr/$top"
      cp -a "$folder/$name/$top/." "$folder/$name/usr/$top/"
      rm -r "${folder:?}/$name/$top"
    fi
  done
  touch "$folder/$name/.complete"
  echo "unpacked $name: $(echo $packages | tr '\n' ' ')"
}

unpack postfix postfix
unpack exim exim4-daemon-light exim4-base
unpack opensmtpd opensmtpd
unpack dovecot dovecot-submissiond dovecot-imapd dovecot-core
