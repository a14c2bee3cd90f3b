"""The compose file: what must hold of it, and every command in it run with the settings it names."""

import os
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.db import connection
from django.test import Client
from redis import Redis

from config.celery import app
from config.embedded import binaries, ports, postgres
from config.env import BASE_DIR, VARIABLES
from newsletter.deliveries.standing import heartbeats
from newsletter.deliveries.transport.options import SmtpOptions
from tests.config.deadlines import wait_until
from tests.config.test_production import COMPLETE

OURS = ("web", "tick", "transactional", "marketing", "beat", "migrate")
ELSEWHERE = {"proxy", "database", "redis", "mailpit"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]


def test_it_has_just_these_services(services: dict[str, Any]):
    assert set(services) == {*OURS, *ELSEWHERE}


def test_images_are_pinned(services: dict[str, Any]):
    tags = {name: service["image"].partition(":")[2] for name, service in services.items()}

    assert all(tag and tag != "latest" for tag in tags.values()), tags
    assert services["database"]["image"].startswith("postgres:18")


def test_whatever_goes_on_running_says_how_it_is(services: dict[str, Any]):
    without = [name for name, service in services.items() if "healthcheck" not in service]

    assert without == ["migrate"]


def test_no_log_is_kept_for_ever(services: dict[str, Any]):
    assert {name for name, service in services.items() if service.get("logging") != {"driver": "local"}} == set()


def test_there_is_one_beat_and_one_of_each_queue(services: dict[str, Any]):
    commands = [services[name]["command"] for name in OURS]

    assert sum(" beat " in command for command in commands) == 1
    for queue in ("tick", "transactional", "marketing"):
        assert commands.count(f"python manage.py worker {queue}") == 1
    assert not any("replicas" in str(service.get("deploy")) for service in services.values())


def test_a_sender_that_is_asked_to_stop_has_time_to_hear_what_became_of_its_mail(services: dict[str, Any]):
    minutes = {services[name]["stop_grace_period"].removesuffix("m") for name in ("transactional", "marketing")}

    assert min(int(number) for number in minutes) * 60 > SmtpOptions("relay.example").dot_timeout


def test_data_is_reachable_from_inside_only(services: dict[str, Any]):
    published = {name for name, service in services.items() if service.get("ports")}

    assert published == {"proxy", "mailpit"}
    assert services["mailpit"]["ports"] == ["127.0.0.1:8025:8025"]
    assert services["mailpit"]["profiles"] == ["dev"]


def test_only_what_asks_others_reaches_the_outside_and_whatever_asks_them_is_on_such_a_queue(services: dict[str, Any]):
    """The tick and the website have no way out: what they would ask there would never be answered."""
    networks = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["networks"]
    reached = {name for name, network in networks.items() if not (network or {}).get("internal")}
    asking = {name for name, service in services.items() if reached & set(service["networks"])}
    queues = {name: route["queue"] for name, route in app.conf.task_routes.items()}

    assert asking == {"proxy", "transactional", "marketing", "mailpit"}
    assert {name for name, queue in queues.items() if queue not in asking} == {"newsletter.tasks.tick"}


def test_the_database_runs_as_the_embedded_one_does(services: dict[str, Any], database_url: str):
    """What is measured here is what runs there; and PostgreSQL knows the option by this name."""
    options = list(postgres.PLANS)

    assert shlex.split(services["database"]["command"]) == ["postgres", *options]
    with psycopg.connect(database_url, options=shlex.join(options)) as asked:
        assert asked.execute("SHOW jit").fetchone() == ("off",)


def test_our_own_run_with_as_little_as_they_need(services: dict[str, Any]):
    for name in OURS:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_is_built_in_stages_and_does_not_run_as_root():
    lines = (BASE_DIR / "Dockerfile").read_text().splitlines()

    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert [line for line in lines if line.startswith("USER ")] == ["USER meridian"]


def test_what_is_mounted_to_be_written_belongs_to_who_writes(services: dict[str, Any]):
    """A volume takes its owner from the image; a folder that the image lacks would be root's."""
    dockerfile = (BASE_DIR / "Dockerfile").read_text()
    (owned,) = [line for line in dockerfile.splitlines() if "install --directory --owner meridian" in line]
    mounted = {volume.partition(":")[2] for name in OURS for volume in services[name].get("volumes", [])}

    assert mounted == {"/var/lib/meridian/journal", "/var/lib/meridian/pictures"}
    assert mounted <= set(owned.split())


def test_the_proxy_asks_how_the_site_is_by_a_name_that_it_answers_to(client: Client, settings: Any):
    """Whoever is asked under the name of its container answers 400, and would count as ill for ever."""
    caddyfile = (BASE_DIR / "config/proxy/Caddyfile").read_text()
    path, name = (re.findall(rf"^\s*{word} (\S+)$", caddyfile, re.MULTILINE)[0] for word in ("health_uri", "Host"))

    assert name in settings.ALLOWED_HOSTS
    assert client.get(path, headers={"host": "web:8000"}).status_code == 400
    assert client.get(path, headers={"host": name}).status_code == 200


def test_the_example_names_every_variable_with_a_sentence():
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    named = {
        line.lstrip("# ").partition("=")[0]: lines[number - 1]
        for number, line in enumerate(lines)
        if "=" in line and line.lstrip("# ").partition("=")[0].isupper()
    }

    assert VARIABLES.keys() <= named.keys()
    assert {name: named[name].lstrip("# ") for name in VARIABLES} == dict(VARIABLES)
    assert all(sentence.startswith("# ") for sentence in named.values())


@pytest.fixture
def environ(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """What the containers get, but for the addresses of the servers: the test's own database."""
    database = connection.settings_dict
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        **COMPLETE,
        "DATABASE_URL": database_url.rpartition("/")[0] + f"/{database['NAME']}",
        "REDIS_URL": redis_url,
        "VAR_DIR": str(tmp_path),
    }


@contextmanager
def running(command: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(shlex.split(command), cwd=BASE_DIR, env=environ)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_web_command_serves(services: dict[str, Any], environ: dict[str, str]):
    port = ports.free_port()
    command = services["web"]["command"].replace("0.0.0.0:8000", f"127.0.0.1:{port}")

    with running(command, environ):
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        check = services["web"]["healthcheck"]["test"][1:]
        finished = subprocess.run([word.replace(":8000", f":{port}") for word in check], env=environ, check=False)

    assert finished.returncode == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_beat_and_the_workers_keep_each_other_going(services: dict[str, Any], environ: dict[str, str]):
    names = ["tick", "transactional", "marketing", "beat"]
    expected = {"tick", "sender:transactional", "sender:marketing"}

    with (
        running(services[names[0]]["command"], environ),
        running(services[names[1]]["command"], environ),
        running(services[names[2]]["command"], environ),
        running(services[names[3]]["command"], environ),
    ):
        wait_until(lambda: expected <= heartbeats.last_seen().keys(), within=60)
        checks = [services[name]["healthcheck"]["test"][1:] for name in names]
        ended = [subprocess.run(check, cwd=BASE_DIR, env=environ, check=False).returncode for check in checks]

    assert ended == [0, 0, 0, 0]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_migration_command_ends_well(services: dict[str, Any], environ: dict[str, str]):
    command = shlex.split(services["migrate"]["command"])

    assert subprocess.run(command, cwd=BASE_DIR, env=environ, check=False).returncode == 0


@pytest.mark.slow
def test_the_broker_takes_its_options(services: dict[str, Any], tmp_path: Path):
    """Valkey stands in for Redis here, as it does on a machine without containers."""
    _, *options = shlex.split(
        services["redis"]["command"].replace("${REDIS_PASSWORD:?Set REDIS_PASSWORD in .env}", "x")
    )
    port = ports.free_port()
    command = shlex.join([str(binaries.valkey()), *options, "--port", str(port), "--dir", str(tmp_path)])

    with running(command, dict(os.environ)):
        wait_until(lambda: ports.answers(port))
        with Redis(port=port, password="x", decode_responses=True) as client:
            settings = client.config_get("appendonly", "maxmemory-policy")

    assert settings == {"appendonly": "yes", "maxmemory-policy": "noeviction"}
