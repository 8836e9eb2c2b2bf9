# syntax=docker/dockerfile:1
# One image for every process; set-up is the same script as on a developer's machine.
FROM python:3.11-slim-bookworm AS made
WORKDIR /srv/msp
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc make libc6-dev
COPY package.json package-lock.json .npmrc requirements.lock requirements-s3.lock requirements-node.lock ./
COPY .ci .ci
COPY msp/web/icons.py msp/web/icons.py
RUN python3 .ci/setup.py \
 && .venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements-s3.lock \
 && find .venv -path '*/babel/locale-data/*' ! -name 'ja*' ! -name 'en*' ! -name 'root.dat' -type f -delete \
 && rm -rf var
COPY Procfile ./
COPY migrations migrations
COPY tenants tenants
COPY sla sla
COPY billing billing
COPY msp msp
RUN .venv/bin/msp catalogues && .venv/bin/python -m compileall -q migrations tenants sla billing msp

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin msp \
 && install -d -o msp -g msp -m 700 /var/lib/msp
COPY --from=made /srv/msp /srv/msp
WORKDIR /srv/msp
ENV PATH=/srv/msp/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MSP_DATA_DIR=/var/lib/msp MSP_HOST=0.0.0.0 MSP_LISTEN_HOST=0.0.0.0
USER msp
VOLUME /var/lib/msp
EXPOSE 8000 8001 2525
CMD ["msp", "start", "web"]
