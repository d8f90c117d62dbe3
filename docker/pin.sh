#!/bin/sh
# Pins the images that the Dockerfiles and compose.yaml name to the digests that the registry has now: node:22 → node:22@sha256:…
# Needs Docker with buildx and access to the registry. Run it again to move to newer images, and commit the result.
set -eu
cd "$(dirname "$0")"

# pin FILE PREFIX: rewrites the image after PREFIX.
pin() {
  image=$(sed -n "s/^$2\([^@[:space:]]*\).*/\1/p" "$1" | head -n 1)
  [ -n "$image" ] || { echo "$1 names no image after \"$2\"" >&2; exit 1; }
  digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
  case $digest in sha256:*) ;; *) echo "no digest for $image: $digest" >&2; exit 1 ;; esac
  sed "s|^\($2\)$image.*|\1$image@$digest|" "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"
  echo "$1: $image@$digest"
}

pin server.Dockerfile 'ARG NODE_IMAGE='
pin agent.Dockerfile 'ARG NODE_IMAGE='
pin compose.yaml '    image: '
