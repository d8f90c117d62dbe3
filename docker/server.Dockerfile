# The server. Built from the root of the repository:
#   docker build -f docker/server.Dockerfile -t slipway-server .

# glibc: GraphiQL, TypeScript and Node's own binaries are all tried on Debian, none on musl.
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
# Without the optional package: it is the embedded database, and here DATABASE_URL names one.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    SLIPWAY_DATA_DIR=/data
# Made here and not by VOLUME, which would make it root's: a new volume takes over the owner of what it covers.
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
# Exec form, and no init around it: the server itself is told to stop, and drains. It starts no other processes.
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
