# The server. Built from the root of the repository:
#   docker build -f docker/server.Dockerfile -t slipway-server .

# Debian (glibc), because GraphiQL, TypeScript and Node's binaries are tested there and not on musl.
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
# Without the optional package, the embedded database: DATABASE_URL names another one here.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    SLIPWAY_DATA_DIR=/data
# Created here, because VOLUME alone would make root the owner: a new volume keeps the owner of the folder that it covers.
RUN install --directory --owner=node --group=node --mode=0700 /data
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# For its administrator: docker compose exec server slipway runs
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/slipway
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Exec form without an init: the server itself gets the stop signal, and drains. It starts no other processes.
CMD ["node", "--enable-source-maps", "--max-semi-space-size=64", "dist/src/main.js"]
