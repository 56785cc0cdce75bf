# The base image is pinned by its digest. To update it, replace the digest here with the one that
# `docker buildx imagetools inspect python:3.13-slim` shows. An empty BASE_DIGEST takes the newest image of that name.
ARG BASE_DIGEST=@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM python:3.13-slim${BASE_DIGEST} AS build
WORKDIR /souk
COPY requirements.txt constraints.txt ./
RUN python3 -m venv /opt/souk \
    && /opt/souk/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check -r requirements.txt
# Leave out what the shop never imports: pip, the asynchronous half of pyTelegramBotAPI with its libraries, tests,
# matplotlib's formats other than PNG, AVIF support, type stubs, and debug symbols.
RUN command -v strip >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils; } \
    && /opt/souk/bin/pip uninstall -q -y aiohttp aiosignal aiohappyeyeballs attrs frozenlist multidict propcache yarl \
    && cd /opt/souk/lib/python3.*/site-packages \
    && find fontTools -mindepth 1 -maxdepth 1 ! -name __init__.py ! -name agl.py ! -name misc -exec rm -r {} + \
    && find . -depth -type d \( -name tests -o -name SelfTest \) -exec rm -r {} + \
    && find . -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '_avif*' -o -name 'libavif*' \) -delete \
    && rm -rf fontTools/misc/*.so numpy/f2py numpy/_core/include numpy/_core/lib matplotlib/mpl-data/sample_data \
        matplotlib/mpl-data/fonts/afm matplotlib/mpl-data/fonts/pdfcorefonts pip pip-*.dist-info /opt/souk/bin/pip* \
    && strip --strip-debug sqlcipher3/*.so kiwisolver/*.so nacl/*.so PIL/_imaging*.so
COPY app.py LICENSE docs/licences.md ./
COPY commands commands
COPY docs/examples docs/examples
COPY wallet wallet
COPY storage storage
COPY shop shop
COPY bot_handlers bot_handlers
COPY web web
COPY locales locales
# Keep locale data for the languages in the image only; compile the bytecode of what the start imports.
RUN languages="$(ls locales/*.json | sed -E 's,locales/|[._-].*,,g' | sort -u | paste -sd '|')" \
    && find /opt/souk/lib/python3.*/site-packages/babel/locale-data -name '*.dat' \
        | grep -Ev "/(root|en|$languages)(_[A-Za-z0-9_]+)?\.dat$" | xargs rm \
    && rm requirements.txt constraints.txt \
    && /opt/souk/bin/python -m compileall -q . \
    && /opt/souk/bin/python app.py serve --help >/dev/null \
    && /opt/souk/bin/python -c "import matplotlib.backends.backend_agg"

FROM python:3.13-slim${BASE_DIGEST}
LABEL org.opencontainers.image.title="Souk" \
    org.opencontainers.image.description="A self-hosted Telegram shop for digital goods" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.licenses="MIT AND GPL-2.0-only AND LicenseRef-libraries" \
    org.opencontainers.image.documentation="/souk/licences.md"
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin souk \
    && install --directory --owner souk --mode 0700 /data /keys
COPY --from=build /opt/souk /opt/souk
COPY --from=build /souk /souk
WORKDIR /souk
USER souk
VOLUME /data
ENV PATH=/opt/souk/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_PATH=/data/souk.db WEBAPP_HOST=0.0.0.0 WEBAPP_PORT=8080 SANDBOX_PUBLIC=true
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"WEBAPP_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["python", "app.py"]
CMD ["serve"]
