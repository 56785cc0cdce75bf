FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /souk
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt \
    && useradd --system --uid 10001 --home-dir /nonexistent souk \
    && install --directory --owner souk --mode 0700 /data
COPY app.py LICENSE ./
COPY wallet wallet
COPY storage storage
COPY shop shop
COPY bot_handlers bot_handlers
COPY web web
COPY locales locales

USER souk
VOLUME /data
ENV DATABASE_PATH=/data/souk.db WEBAPP_HOST=0.0.0.0 WEBAPP_PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["python", "app.py", "serve"]
