# The server. `docker compose up` runs it together with its database; on its own it needs DATABASE_URL, GITLAB_TOKEN
# and API_KEYS:
#
#   docker build --tag nestjs-gitlab-duo .
#   docker run --env DATABASE_URL --env GITLAB_TOKEN --env API_KEYS --publish 127.0.0.1:3000:3000 nestjs-gitlab-duo

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY migrations ./migrations
COPY src ./src
COPY web ./web
RUN npm run build

FROM node:24-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/server-manifest.mjs ./scripts/
RUN node scripts/server-manifest.mjs > server.json && mv server.json package.json
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=libraries /app/package.json ./
COPY --from=libraries /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE ./
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "--eval", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node gets SIGTERM itself: no npm and no shell stand between.
CMD ["node", "dist/main.js"]
