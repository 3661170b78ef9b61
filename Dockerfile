# The service, and with other commands the Firehose stand-in (dist/dev/firehose/server.js) and the set-up of a local stack
# (dist/dev/stack/containers/setup.js). Needs no BuildKit extension.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# optional: programs that lint and test, and a Node for machines without a new one
RUN npm ci --ignore-scripts --omit=optional --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# sharp's libraries are optional dependencies too, so these cannot all be left out; a Node is here already
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/node-darwin-* node_modules/node-bin-*

FROM node:24-slim
LABEL org.opencontainers.image.title="Darkroom" \
  org.opencontainers.image.description="Images in, renditions and events out, exactly once: a stream-processing service on Kafka" \
  org.opencontainers.image.licenses="Apache-2.0"
# KafkaJS warns of a negative timer on Node 24: harmless
ENV NODE_ENV=production \
  NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning \
  HTTP_HOST=0.0.0.0 \
  STATE_DIR=/var/lib/darkroom
# for watermarks of words
RUN apt-get update && apt-get install --yes --no-install-recommends fontconfig fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# where docker-compose.yml hands over a key, and where state lies, on a disk of its own machine: a new volume
# takes its owner from here
RUN mkdir -m 700 /run/darkroom /var/lib/darkroom && chown 1000:1000 /run/darkroom /var/lib/darkroom
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY schemas schemas
COPY warehouse warehouse
COPY --from=build /app/dist dist
# by number, so that an orchestrator can see that it is not root
USER 1000:1000
EXPOSE 8080
# live, not ready: a restart mends no broker
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT ?? 8080}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# the flags of bin/launch.mjs; test/unit/dev/node-flags.test.ts holds them together
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=100", "/app/dist/src/main.js"]
CMD ["start"]
