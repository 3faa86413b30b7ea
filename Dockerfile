# syntax=docker/dockerfile:1
# Two stages: the first builds, the second only runs. Every dependency has a wheel for amd64 and arm64.
FROM python:3.13-slim AS build
WORKDIR /src
COPY setup.cfg pyproject.toml LICENSE ./
COPY ha_bridge ha_bridge
COPY actors actors
RUN python -m venv /opt/ha-bridge && /opt/ha-bridge/bin/pip install --no-cache-dir . supervisor

FROM python:3.13-slim
LABEL org.opencontainers.image.title="ha-bridge" \
      org.opencontainers.image.description="Carries every Home Assistant state and event into InfluxDB" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 8126 --home-dir /data --shell /usr/sbin/nologin ha-bridge \
    && install -d -o ha-bridge -g ha-bridge /data /etc/ha-bridge
COPY --from=build /opt/ha-bridge /opt/ha-bridge
COPY supervisord.conf /etc/supervisord.conf
ENV PATH=/opt/ha-bridge/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HA_BRIDGE_WEB__HOST=0.0.0.0
USER ha-bridge
# From here the embedded store is data/ha-bridge.db. Only /data and /tmp are written, settings are read:
# docker run --read-only --tmpfs /tmp -v ha-bridge:/data -v ./config:/etc/ha-bridge:ro
WORKDIR /
VOLUME /data
EXPOSE 8126
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["ha-bridge", "health"]
CMD ["supervisord", "--nodaemon", "--configuration", "/etc/supervisord.conf"]
