# An agent with programs that jobs commonly need. Built from the root of the repository:
#   docker build -f docker/agent.Dockerfile -t slipway-agent .
# For other tools, build an image FROM this one (and end it with USER node).

ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With the optional packages: TypeScript's compiler is one.
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ormconfig.ts ./
COPY tools tools
COPY migrations migrations
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      bzip2 ca-certificates curl git gzip openssh-client procps tar unzip xz-utils zip \
 && rm -rf /var/lib/apt/lists/*
# NODE_ENV is not production, because jobs may install development packages.
WORKDIR /app
ENV SLIPWAY_AGENT_DIR=/agent
RUN install --directory --owner=node --group=node --mode=0700 /agent
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
USER node
VOLUME /agent
# The agent listens on no port; the server reports its status (`agents` over GraphQL). Run it with `--init`: leftover processes of a job
# become children of the container's first process, and Node doesn't reap children that it did not start.
CMD ["node", "--enable-source-maps", "dist/src/agent/main.js"]
