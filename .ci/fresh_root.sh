#!/usr/bin/env bash
# From nothing to a running bot on a bare Debian, three ways, without a container engine:
#   person    a clean clone in a fresh root: the README's two commands, as a user without privileges
#   image     the stages of the Dockerfile, each in a fresh root; then, as an engine would start it
#             (uid 10001, no privileges, read-only root file system, one /data), `draw`, the bot
#             answering a fake Discord, and the health check
#   service   `setup --service` under a real systemd in a container of systemd-nspawn, where there is
#             one; then the bot answering, from within its sandbox
#
#   sudo .ci/fresh_root.sh [FOLDER]        takes about an hour on two cores and 12 GB in FOLDER
#
# Needs root, debootstrap, python3, git, util-linux, and Rust through rustup: Debian 12's own Rust is
# too old, so the toolchain of this machine is copied into the roots; the image of the Dockerfile
# brings one. Packages come from where this machine's apt, cargo and pip get theirs.
# $WRAP is put before everything that takes long, for example WRAP=nice.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${1:-/var/tmp/glyffuse-fresh-root}
suite=bookworm
read -ra wrap <<<"${WRAP:-}"
before=()
mkdir -p "$work"

say() { printf '\n== %s (after %s s)\n' "$*" "$SECONDS"; }

# Runs a program in the clone of the root `person`, as a user without privileges, with mounts that end
# with it.
as_person() {
    # shellcheck disable=SC2016
    "${before[@]}" unshare --mount --propagation=private sh -ec '
        mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"
        exec chroot --userspec=1000:1000 "$0" "$@"' "$work/person" \
        /usr/bin/env -i -C /home/person/glyffuse HOME=/home/person PATH=/usr/local/bin:/usr/bin:/bin "${network[@]}" \
        CARGO_TERM_COLOR=never "$@"
}

# Starts the fake Discord of the person's clone; afterwards $api_base and $token say where.
start_fake() {
    as_person target/debug/examples/fake_discord "$@" \
        >"$work/fake.out" 2>"$work/fake.err" &
    fake=$!
    for _ in $(seq 50); do
        [ -s "$work/fake.out" ] && break
        sleep 0.1
    done
    read -r api_base token < <(head -1 "$work/fake.out" | sed 's/[A-Z_]*=//g')
}

end_fake() {
    wait "$fake" || { cat "$work/fake.out" "$work/fake.err"; exit 1; }
    cat "$work/fake.out" "$work/fake.err"
}

say "base: Debian $suite by debootstrap"
mirror=$(apt-cache policy | sed -n "s#^ *[0-9]* \(http[^ ]*\) $suite/main.*#\1#p" | head -1)
if [ ! -e "$work/base/complete" ]; then
    rm -rf --one-file-system "$work/base"
    "${wrap[@]}" debootstrap --variant=minbase "$suite" "$work/base" "$mirror" >"$work/debootstrap.log"
    apt-config dump Acquire >"$work/base/etc/apt/apt.conf.d/90as-outside"
    touch "$work/base/complete"
fi

say "the toolchain, $(rustc --version)"
rm -rf --one-file-system "$work/rust" "$work/person"
cp -a "$work/base" "$work/rust"
sysroot=$(rustc --print sysroot)
mkdir -p "$work/rust/usr/local/toolchain"
tar -C "$sysroot" --exclude=./share -c . | tar -C "$work/rust/usr/local/toolchain" -x --no-same-owner
for program in cargo rustc rustdoc; do
    ln -s "../toolchain/bin/$program" "$work/rust/usr/local/bin/$program"
done
cp /etc/resolv.conf "$work/rust/etc/resolv.conf"
# The official image of Rust has these, and no more.
chroot "$work/rust" sh -ec 'apt-get -qq update && apt-get -qq install --yes --no-install-recommends \
    ca-certificates gcc libc6-dev' >"$work/apt.log" 2>&1
cp -a "$work/rust" "$work/person"

say "person: a clean clone"
chroot "$work/person" sh -ec 'apt-get -qq install --yes --no-install-recommends python3-pip \
    && useradd --uid 1000 --create-home person' >>"$work/apt.log" 2>&1
git clone --quiet --no-hardlinks . "$work/person/home/person/glyffuse"
chown -R 1000:1000 "$work/person/home/person"
# How this machine reaches registries, whatever it is.
mapfile -t network < <(python3 -c '
import sys; sys.path.insert(0, ".ci")
from pathlib import Path
from dockerfile_stages import network
print(*(f"{name}={value}" for name, value in network(Path(sys.argv[1])).items()), sep="\n")' "$work/person")

before=("${wrap[@]}")
say 'person: cargo run --release -- draw "cat"'
as_person cargo run --release -- draw cat
say "person: the same again"
as_person cargo run --release -- draw cat >"$work/again"
say "person: cargo test"
as_person cargo test >"$work/test.log" 2>&1 || { tail -80 "$work/test.log"; exit 1; }
grep '^test result' "$work/test.log"
before=()
say "person: a bot answers"
start_fake umbrella
as_person env "GLYFFUSE__DISCORD__API_BASE=$api_base" "DISCORD_TOKEN=$token" \
    timeout 30 target/release/glyffuse bot &
end_fake

say "image: the stages of the Dockerfile"
mkdir -p "$work/stages" "$work/data"
(cd "$work/person/home/person/glyffuse" && git config --global --add safe.directory "$PWD" \
    && python3 .ci/dockerfile_stages.py build --base "rust=$work/rust" --base "debian=$work/base" \
        --work "$work/stages")
# Started in the background it is replaced by the program, which gets the signals.
run=(python3 .ci/dockerfile_stages.py run --image "$work/stages/image.json")
image() { "${run[@]}" --data "$work/data" "$@"; }
rm -rf "$work/data" && install -d -o 10001 -g 10001 "$work/data"
du -sh "$work/stages/last/opt/glyffuse"
say "image: draw"
image draw cat
say "image: nothing but /data can be written"
if image draw cat --output /opt/glyffuse/cat.txt; then exit 1; fi
image draw cat --output /data/cat.txt
say "image: a bot answers, and its health check is content"
start_fake --stay 15 umbrella
"${run[@]}" --data "$work/data" --env "GLYFFUSE__DISCORD__API_BASE=$api_base" --env "DISCORD_TOKEN=$token" bot &
bot=$!
sleep 8
image --health
end_fake
kill -TERM "$bot" && wait "$bot"
ls -la "$work/data/glyffuse"
say "image: a bot answers while its disk is full"
full=$work/full
mkdir -p "$full"
umount "$full" 2>/dev/null || true
mount -t tmpfs -o size=2m,uid=10001,gid=10001,mode=755 full "$full"
for state in room none; do
    if [ "$state" = none ]; then
        head -c 4M /dev/zero >"$full/filler" 2>/dev/null || true
        df "$full"
        if echo more >"$full/more" 2>/dev/null; then exit 1; fi
    fi
    start_fake umbrella
    "${run[@]}" --data "$full" --env "GLYFFUSE__DISCORD__API_BASE=$api_base" --env "DISCORD_TOKEN=$token" bot >"$work/full.log" 2>&1 &
    bot=$!
    end_fake
    kill -TERM "$bot" && wait "$bot"
done
umount "$full"
grep -m 1 -i 'free space' "$work/full.log"

if ! command -v systemd-nspawn >/dev/null; then
    say "service: left out, there is no systemd-nspawn"
    exit 0
fi
say "service: a machine with systemd"
rm -rf --one-file-system "$work/machine"
cp -a "$work/base" "$work/machine"
cp /etc/resolv.conf "$work/machine/etc/resolv.conf"
chroot "$work/machine" sh -ec 'apt-get -qq update && apt-get -qq install --yes --no-install-recommends \
    systemd systemd-sysv dbus' >>"$work/apt.log" 2>&1
cp -a "$work/person/home/person/.cache" "$work/machine/root/.cache"
systemd-nspawn --quiet --register=no --keep-unit --bind-ro="$work/person/home/person/glyffuse:/mnt" \
    --directory="$work/machine" --boot >"$work/nspawn.log" 2>&1 &
nspawn=$!
sleep 10
inside=(nsenter --target "$(pgrep --parent "$nspawn" | head -1)" --all)
start_fake umbrella
mkdir -p "$work/machine/etc/glyffuse"
printf '[discord]\napi_base = "%s"\n' "$api_base" >"$work/machine/etc/glyffuse/glyffuse.toml"
"${inside[@]}" env -C /mnt HOME=/root "DISCORD_TOKEN=$token" "GLYFFUSE__DISCORD__API_BASE=$api_base" \
    target/release/glyffuse setup --non-interactive --service
end_fake
"${inside[@]}" systemctl status --no-pager --lines=0 glyffuse
"${inside[@]}" systemctl stop glyffuse
"${inside[@]}" systemctl show --property=Result --property=ExecMainStatus glyffuse
"${inside[@]}" systemctl poweroff
wait "$nspawn" || true
say "all done"
