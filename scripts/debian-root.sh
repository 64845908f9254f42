# shellcheck shell=bash disable=SC2154  # root and cache are the sourcing script's
# A bare Debian 12 in a directory, for the scripts that prove something in one (root; debootstrap, chroot). They set
# `root` (the directory) and `cache` (what is kept between two runs) and source this.

# Processes whose root directory is the chroot.
pids_inside() {
  local link
  for link in /proc/[0-9]*/root; do
    [[ $(readlink "$link" 2>/dev/null) != "$root" ]] || basename "${link%/root}"
  done
}

mirror() {  # the first Debian mirror that the host's own apt uses
  # shellcheck disable=SC2016  # apt expands these
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 2>/dev/null |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }'
}

# shellcheck disable=SC2120  # one of the scripts needs no option
unpack_base() {  # [DEBOOTSTRAP-OPTION]
  mkdir -p "$cache/archives/partial"
  if [[ ! -f $cache/base.tar ]]; then
    local from
    from=$(mirror)
    debootstrap --variant=minbase "$@" bookworm "$root" "${from:-http://deb.debian.org/debian}"
    tar --numeric-owner --one-file-system -C "$root" -cf "$cache/base.tar.part" .
    mv "$cache/base.tar.part" "$cache/base.tar"
  else
    mkdir -p "$root"
    tar --numeric-owner -C "$root" -xpf "$cache/base.tar"
  fi
}

# What the host needs to reach its mirror (sources, keys, proxies, resolver), the chroot needs, too.
share_network_settings() {
  rm -f "$root/etc/apt/sources.list"
  cp -a /etc/apt/sources.list /etc/apt/trusted.gpg "$root/etc/apt/" 2>/dev/null || true
  local directory file
  for directory in sources.list.d auth.conf.d trusted.gpg.d keyrings; do
    [[ ! -d /etc/apt/$directory ]] || cp -aT "/etc/apt/$directory" "$root/etc/apt/$directory"
  done
  [[ ! -f /etc/apt/auth.conf ]] || cp -a /etc/apt/auth.conf "$root/etc/apt/"
  [[ ! -d /usr/share/keyrings ]] || cp -aT /usr/share/keyrings "$root/usr/share/keyrings"
  apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|AllowInsecure|ForceIPv)' \
    > "$root/etc/apt/apt.conf.d/00host" || true
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
    [[ ! -f $file ]] || install -D -m 644 "$(readlink -f "$file")" "$root$file"
  done
}

mount_devices() {  # DIRECTORY
  mount -t tmpfs -o mode=755 tmpfs "$1"
  local node
  for node in null zero full random urandom tty; do cp -a "/dev/$node" "$1/"; done
  ln -s /proc/self/fd "$1/fd"
}

mount_system() {
  mount -t proc proc "$root/proc"
  mount_devices "$root/dev"
  mkdir "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
  # Packages are downloaded once, not at every check.
  mkdir -p "$root/var/cache/apt/archives"
  mount --bind "$cache/archives" "$root/var/cache/apt/archives"
}

unmount_system() {
  local mount
  for mount in dev/pts dev/shm dev proc sys var/cache/apt/archives; do
    mountpoint -q "$root/$mount" && umount "$root/$mount"
  done
  true
}

# Nothing when something is still mounted there: what it holds is not ours to remove.
remove_root() {
  [[ -e $root ]] || return 0
  if grep -q " $root/" /proc/mounts; then
    echo "${0##*/}: still mounted below $root; not removed" >&2
  else
    rm -rf --one-file-system "$root"
  fi
}

# A login with nothing of the host's environment but its proxies. Standard input is no terminal.
inside() {  # UID:GID USER HOME COMMAND
  local kept=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name:-} ]] || kept+=("$name=${!name}")
  done
  exec env -i "${kept[@]}" HOME="$3" USER="$2" TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot --userspec="$1" "$root" /bin/sh -c "$4" </dev/null 9>&-
}
