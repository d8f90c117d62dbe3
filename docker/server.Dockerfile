# syntax=docker/dockerfile:1
# The server. Built from the root of the repository:
#   docker build -f docker/server.Dockerfile -t slipway-server .

# Debian (glibc), because the embedded binaries and Node are tested there and not on musl. docker/pin.sh adds the digest.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS package
WORKDIR /source
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm pack --silent --pack-destination / && mkdir /package && tar -xzf /slipway-*.tgz -C /package --strip-components=1

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Slipway server" \
      org.opencontainers.image.description="Server of Slipway, a self-hosted, GraphQL-first deployment manager" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=64 \
    HOST=0.0.0.0 \
    PORT=4000 \
    SLIPWAY_DATA_DIR=/data
# Created here, because VOLUME alone would make root the owner: a new volume keeps the owner of the folder that it covers.
RUN install --directory --owner=node --group=node --mode=0700 /data
COPY --from=package /package /app
# For its administrator: docker compose exec server slipway runs
RUN ln -s /app/bin/slipway.cjs /usr/local/bin/slipway
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Exec form without an init: the server itself gets the stop signal, and drains. It starts no other processes.
CMD ["slipway", "server"]
