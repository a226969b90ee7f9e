# The console, for every service of docker-compose.yml that is ours. Debian-based: google-re2 has no musl wheel.
FROM python:3.13-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements/run.txt /tmp/run.txt
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/run.txt

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CONSOLE_HOST=0.0.0.0 CONSOLE_VAR=/var/lib/console HOME=/var/lib/console
WORKDIR /opt/console
COPY --from=packages /opt/venv /opt/venv
COPY . .
# Compiled now, code and catalogues, for nobody may write here later; the keys this needs are thrown away.
RUN CONSOLE_VAR=/tmp/build python manage.py check && rm -rf /tmp/build \
    && python -m compileall -q . \
    && useradd --system --uid 10001 --home-dir /var/lib/console console \
    && install -d -o console -m 700 /var/lib/console
USER 10001
VOLUME /var/lib/console
EXPOSE 8000
CMD ["gunicorn", "consoleapp.wsgi"]
