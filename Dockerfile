# One image a service: docker build --build-arg SERVICE=health -t ihala/health:0.1.0 .
# Where packages come through a proxy or a registry of one's own: --secret id=npmrc,src=… and --secret id=ca,src=…
# The version is the one in package.json: time-zone data, and so due instants, depend on it.
ARG NODE=26.10.0

FROM node:${NODE}-slim AS manifests
WORKDIR /ihala
COPY . .
# What is left changes only when packages do, and with it whether they are installed anew.
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete

FROM node:${NODE}-slim AS build
WORKDIR /ihala
COPY --from=manifests /ihala ./
# Without scripts: the package `node` would bring a Node beside the image's own.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --ignore-scripts --no-update-notifier
COPY . .
RUN node node_modules/typescript/bin/tsc -b libs/*/tsconfig.json services/*/tsconfig.json \
 && find libs services -depth \( -name src -o -name node_modules \) -type d -exec rm -r {} + \
 && find libs services -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.md' -o -name 'tsconfig*.json' -o -name .tsbuildinfo \) -delete

FROM node:${NODE}-slim AS packages
WORKDIR /ihala
COPY --from=manifests /ihala ./
# Only what services and libraries name: neither the root's own packages nor those of tests.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --omit=dev --ignore-scripts --no-update-notifier $(printf -- '--workspace %s ' libs/* services/*) \
 && npm cache clean --force

FROM node:${NODE}-slim
ENV NODE_ENV=production PORT=3000 IHALA_HOST=0.0.0.0
WORKDIR /ihala
# Owned by root: the process can change nothing of what it runs.
COPY --from=packages /ihala ./
COPY --from=build /ihala/libs libs
COPY --from=build /ihala/services services
COPY deploy/probe.js probe.js
# All images share the layers up to here. Sectors are found where they lie, so each image holds all of them.
ARG SERVICE
RUN test -f "services/${SERVICE:?name a service}/dist/main.js" && ln -s "services/$SERVICE/dist/main.js" main.js
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "/ihala/probe.js", "/livez"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/ihala/main.js"]
