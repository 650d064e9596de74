"""django-two-factor-auth under gunicorn: a view that looks whether the session of a request is verified.

usage: python3 benches/forward/django_two_factor.py

Takes what it needs from PyPI into a temporary folder, makes a project as the manuals say, signs a user
in with a second factor, prints the address and the cookie, and serves until standard input ends.
"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ["Django==5.2.8", "django-two-factor-auth==1.18.1", "phonenumbers==9.0.18", "gunicorn==23.0.0"]

SETTINGS = """
INSTALLED_APPS += ["django_otp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_totp", "two_factor"]
MIDDLEWARE += ["django_otp.middleware.OTPMiddleware"]
LOGIN_URL = "two_factor:login"
ALLOWED_HOSTS = ["*"]
DEBUG = False
"""

URLS = """
from django.http import HttpResponse
from django.urls import re_path

def check(request):
    user = request.user
    if not user.is_verified():
        return HttpResponse(status=401)
    answer = HttpResponse()
    answer["remote-user"] = user.get_username()
    answer["remote-email"] = user.email
    return answer

urlpatterns = [re_path("", check)]
"""

SIGN_IN = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
django.setup()
from django.contrib.auth import get_user_model, login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice
anna = get_user_model().objects.create_user("anna", password="long enough to be one")
device = TOTPDevice.objects.create(user=anna, name="default", confirmed=True)
request = HttpRequest()
request.session, request.user = SessionStore(), anna
login(request, anna, backend="django.contrib.auth.backends.ModelBackend")
otp_login(request, device)
request.session.save()
print(request.session.session_key)
"""


def main():
    with tempfile.TemporaryDirectory(prefix="keyward-django-") as folder:
        serve(Path(folder))


def serve(folder):
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES]
    subprocess.run([python, *install], check=True, stdout=sys.stderr)
    run = lambda *words: subprocess.run([python, *words], cwd=folder, check=True, stdout=sys.stderr)
    run("-m", "django", "startproject", "bench", ".")
    with open(folder / "bench/settings.py", "a") as settings:
        settings.write(SETTINGS)
    (folder / "bench/urls.py").write_text(URLS)
    run("manage.py", "migrate", "--verbosity", "0")
    signed_in = subprocess.run([python, "-c", SIGN_IN], cwd=folder, check=True, capture_output=True, text=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(python, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1"),
            *("--worker-class", "gthread", "--threads", "4", "--keep-alive", "75"),
            *("--log-level", "error", "bench.wsgi"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    while True:
        with socket.socket() as stream:
            if stream.connect_ex(("127.0.0.1", port)) == 0:
                break
    print(f"address 127.0.0.1:{port}", flush=True)
    print(f"cookies sessionid={signed_in.stdout.strip()}", flush=True)
    sys.stdin.read()
    server.terminate()
    server.wait()


main()
