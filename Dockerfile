# syntax=docker/dockerfile:1

# What the engine runs on, and the page, built.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts
COPY config.ts tsconfig.json ./
COPY contracts contracts
COPY client client
COPY domain domain
COPY stores stores
COPY web web
RUN npm run prepare
# What has only built the page does not run, and Node is in the image already.
RUN npm pkg delete scripts.prepare dependencies.vite dependencies.react dependencies.react-dom dependencies.node \
  && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
# Only for a node that keeps its stores embedded; whoever mounts nothing loses them with the container.
RUN install -d -o node -g node -m 700 /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/web/dist web/dist
COPY config.ts moleculer.config.ts repl.config.ts ./
COPY contracts contracts
COPY domain domain
COPY mixins mixins
COPY node node
COPY services services
COPY stores stores
USER node
EXPOSE 3000
# Ends by itself on SIGTERM within 30 s: give it longer than that.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--no-memory-reducer", "--disable-warning=ExperimentalWarning", "node_modules/moleculer/bin/moleculer-runner.mjs", "--config", "moleculer.config.ts"]
