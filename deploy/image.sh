#!/usr/bin/env bash
# Builds the image with docker or buildah, whichever is there, and tries it (npm run image): read-only and as its own user it must start, pass
# `check`, open a ticket and stop. BASE names another base image, TAG another tag. With buildah the trial needs root, and no daemon.
set -euo pipefail
cd "$(dirname "$0")/.."
TAG=${TAG:-sociomile-subgraph}
CREATE=$(cat examples/operations/variables/create-voice-ticket.json)
BUILD=(--file deploy/Dockerfile --tag "$TAG" --build-arg "REVISION=$(git rev-parse HEAD 2> /dev/null || echo unknown)")
if [ -n "${BASE:-}" ]; then BUILD+=(--build-arg "NODE=$BASE"); fi

if docker info > /dev/null 2>&1; then
  docker build "${BUILD[@]}" .
  docker run --rm --interactive --read-only --volume "$PWD/sandbox:/sandbox:ro" --tmpfs /data:mode=1777 --cap-drop ALL --security-opt no-new-privileges "$TAG" \
    node --input-type=module-typescript - "$CREATE" < deploy/try/image.ts
elif command -v buildah > /dev/null; then
  # OCI's format has no HEALTHCHECK.
  buildah build --format docker "${BUILD[@]}" .
  container=$(buildah from --pull=never "$TAG")
  trap 'buildah rm "$container" > /dev/null' EXIT
  root=$(buildah mount "$container")
  user=$(buildah inspect --format '{{.OCIv1.Config.User}}' "$container")
  # Each mount is seen by this trial alone, and gone with it.
  unshare --mount --net --pid --fork bash -euc '
    mkdir -p "$1/data" "$1/proc" "$1/sandbox"
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount --bind sandbox "$1/sandbox"
    mount -t tmpfs -o mode=1777 tmpfs "$1/data"
    mount -o remount,bind,ro "$1"
    ip link set lo up
    cd "$1"
    exec chroot --userspec="$2" "$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      sh -c "cd /app && exec node --input-type=module-typescript - \"\$1\"" trial "$3"
  ' trial "$root" "$user" "$CREATE" < deploy/try/image.ts
else
  echo "Neither a running docker nor buildah is here." >&2
  exit 69
fi
