FROM python:3.13-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    CONSOLE_HOST=0.0.0.0 CONSOLE_VAR=/var/lib/console
WORKDIR /opt/console

COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes -r requirements/run.txt

COPY . .
# The catalogues are made now, for nobody may write here later; the keys this needs are thrown away.
RUN CONSOLE_VAR=/tmp/build python manage.py check && rm -rf /tmp/build \
    && useradd --system --uid 10001 --home-dir /var/lib/console console \
    && install -d -o console -m 700 /var/lib/console
USER console
VOLUME /var/lib/console
EXPOSE 8000
CMD ["gunicorn", "--worker-class", "gthread", "--threads", "8", "--workers", "2", "--bind", "0.0.0.0:8000", "consoleapp.wsgi"]
