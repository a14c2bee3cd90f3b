# syntax=docker/dockerfile:1
# One image for web, workers and beat: built in one stage, run in another by a user who owns nothing but its journal and its pictures.

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements/base.txt requirements/s3.txt /tmp/
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: --requirement /tmp/base.txt --requirement /tmp/s3.txt

FROM python:3.13-slim-bookworm
RUN groupadd --system --gid 10001 meridian \
 && useradd --system --uid 10001 --gid meridian --home-dir /app --shell /usr/sbin/nologin meridian \
 && install --directory --owner meridian --group meridian --mode 0750 /var/lib/meridian /var/lib/meridian/journal /var/lib/meridian/pictures
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    VAR_DIR=/var/lib/meridian
USER meridian
# Static files belong to the image. What is set here is for this one command and is kept nowhere.
RUN PUBLIC_URL=https://build.invalid DATABASE_URL=postgres://build.invalid/x REDIS_URL=redis://build.invalid/0 \
    SECRET_KEY=build LINK_KEYS=1:00000000000000000000000000000000 ADDRESS_PEPPER=build ANYMAIL_WEBHOOK_SECRET=build:build \
    python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8"]
