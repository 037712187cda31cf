# The server and the worker are the same image; the command says which.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /opt/offtake \
 && /opt/offtake/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt \
 && /opt/offtake/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/offtake/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/offtake/bin/pip uninstall --yes uv hatchling editables

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home offtake
COPY --from=build /opt/offtake /opt/offtake
ENV PATH=/opt/offtake/bin:$PATH PYTHONUNBUFFERED=1 OFFTAKE_SERVER_HOST=0.0.0.0
USER offtake
WORKDIR /data
VOLUME /data
EXPOSE 8600
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8600/readyz', timeout=2)"]
ENTRYPOINT ["offtake"]
CMD ["serve"]
