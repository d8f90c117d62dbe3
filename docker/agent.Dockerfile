# syntax=docker/dockerfile:1
# An agent with programs that jobs commonly need. Built from the root of the repository:
#   docker build -f docker/agent.Dockerfile -t slipway-agent .
# For other tools, build an image FROM this one (and end it with USER node).

# docker/pin.sh adds the digest.
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
LABEL org.opencontainers.image.title="Slipway agent" \
      org.opencontainers.image.description="Agent of Slipway, a self-hosted, GraphQL-first deployment manager" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
 && apt-get update \
 && apt-get install --yes --no-install-recommends \
      bzip2 ca-certificates curl git gzip openssh-client procps tar unzip xz-utils zip
# NODE_ENV is not production, because jobs may install development packages.
ENV SLIPWAY_AGENT_DIR=/agent
RUN install --directory --owner=node --group=node --mode=0700 /agent
COPY --from=package /package /app
RUN ln -s /app/bin/slipway.cjs /usr/local/bin/slipway
USER node
VOLUME /agent
# The agent listens on no port; the server reports its status (`agents` over GraphQL). Run it with `--init`: leftover processes of a job
# become children of the container's first process, and Node doesn't reap children that it did not start.
CMD ["slipway", "agent"]
