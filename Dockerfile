# The three programs in one image; the command chooses. Each step is a script of etc/docker, so that
# `./run debian13` can take the same steps where there is no Docker.
FROM debian:trixie-slim AS build
COPY etc/docker/install-packages.sh etc/docker/packages.build /src/pageviews/etc/docker/
RUN cd /src/pageviews/etc/docker && ./install-packages.sh packages.build
COPY . /src/pageviews
RUN /src/pageviews/etc/docker/build.sh /stage

FROM debian:trixie-slim
COPY etc/docker/install-packages.sh etc/docker/packages.runtime etc/docker/setup-runtime.sh /tmp/docker/
RUN cd /tmp/docker && ./install-packages.sh packages.runtime && ./setup-runtime.sh && rm -r /tmp/docker
COPY etc/docker/healthcheck.sh /usr/local/bin/pv-healthcheck
COPY --from=build /stage/ /
USER pageviews
WORKDIR /var/lib/pageviews
CMD ["pv-aggregator", "--help"]
