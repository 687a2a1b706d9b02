#!/usr/bin/env bash
# Packs a release's archive, as action.yml and the README's snippets expect it, and adds its hash to SHA256SUMS.
# usage: package.sh BINARY VERSION PLATFORM DIRECTORY        (PLATFORM: linux-x64, macos-arm64, windows-x64, ...)
set -euo pipefail
binary=$(realpath -- "$1") version=$2 platform=$3 directory=$4
archive=strongroom-$version-$platform.tar.gz
name=strongroom
if [[ $platform = windows-* ]]; then name=strongroom.exe; fi
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
cp "$binary" "$staged/$name"
chmod 755 "$staged/$name"
mkdir -p "$directory"
# Equal binaries give equal archives.
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$staged" -cf - "$name" | gzip -n > "$directory/$archive"
cd "$directory"
sha256sum "$archive" >> SHA256SUMS
