# One image for every process: gunicorn (the default), koppel worker, koppel relay, koppel schedule, koppel init.
FROM python:3.12-slim AS build
WORKDIR /source
COPY constraints.txt ./
# Everything is fetched once, against its hash; the image below installs from these files alone.
RUN pip download --no-cache-dir --require-hashes -r constraints.txt -d /wheels
COPY . .
RUN pip install --no-cache-dir --no-index --find-links /wheels hatchling babel django-htmx bootstrap-flask \
 && pip wheel --no-cache-dir --no-deps --no-build-isolation -w /dist .

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /var/lib/koppel koppel
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels --mount=type=bind,from=build,source=/dist,target=/dist \
    pip install --no-cache-dir --no-index --find-links /wheels /dist/*.whl
USER koppel
WORKDIR /var/lib/koppel
ENV KOPPEL_DATA=/var/lib/koppel/data PYTHONUNBUFFERED=1
VOLUME /var/lib/koppel/data
EXPOSE 8000
CMD ["gunicorn", "wsgi:app", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "32", \
     "--no-control-socket", "--graceful-timeout", "5", "--worker-tmp-dir", "/dev/shm"]
