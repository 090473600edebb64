"""Image and compose files: what they set is taken, what they can drop is dropped, and the image holds all it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from digest.settings import ENV_PREFIX, Settings
from tests.deploy.reading import BOX, COMPOSE, ROOT, UNITS, services


def test_every_variable_is_a_setting() -> None:
    text = "".join(path.read_text("utf-8") for path in [*COMPOSE, *UNITS])
    variables = set(re.findall(rf"{ENV_PREFIX}([A-Z_]+)", text))
    assert variables
    for variable in variables:
        model: object = Settings
        for step in variable.removesuffix("_FILE").lower().split("__"):
            fields = getattr(model, "model_fields", {})
            assert step in fields, variable
            model = fields[step].annotation


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_what_compose_sets_is_taken(path: Path, tmp_path: Path) -> None:
    """The very variables, with the secrets as files: the configuration is read, and says PostgreSQL."""
    environment, *others = [service["environment"] for service in services(path).values()]
    assert all(one == environment for one in others)
    said = {key: str(value) for key, value in environment.items() if key.startswith(ENV_PREFIX)}
    for key in said:
        if key.endswith("_FILE"):
            secret = tmp_path / Path(said[key]).name
            secret.write_text("0123456789abcdef0123456789abcdef\n", "utf-8")
            said[key] = str(secret)
    code = (
        "from pathlib import Path; from digest.settings import load_settings;"
        f"s = load_settings(Path({str(ROOT / 'config.yaml')!r}));"
        "print(s.storage.url, s.site.trusted_proxies[0], bool(s.secret_keys.get_secret_value()), s.engine)"
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ENV_PREFIX)}
    done = subprocess.run([sys.executable, "-c", code], env=kept | said, capture_output=True, text=True, check=True)
    engine = "procrastinate" if "apart" in path.name else "none"
    assert done.stdout.split() == ["postgresql+psycopg://digest@database/digest", "10.0.0.0/8", "True", engine]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_compose_drops_what_it_can(path: Path) -> None:
    compose = yaml.safe_load(path.read_text("utf-8"))
    for name, service in services(path).items():
        assert service["read_only"], name
        assert service["tmpfs"] == ["/tmp"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        # The product itself finishes what is in hand within 20 s.
        assert int(service["stop_grace_period"].removesuffix("s")) > 25
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    for service in compose["services"].values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        named = [one.partition(":")[0] for one in service["volumes"]]
        assert {one for one in named if not one.startswith(".")} <= set(compose["volumes"])


def test_health_is_asked_of_a_page_that_exists() -> None:
    asked = [one["healthcheck"] for path in COMPOSE for one in services(path).values()]
    tests = [" ".join(one["test"]) for one in asked if not one.get("disable")] + [BOX]
    found = {page for text in tests for page in re.findall(r"127\.0\.0\.1:8025(/[a-z/]+)", text)}
    assert found == {"/health/live", "/health/ready"}
    pages = (ROOT / "digest" / "web" / "health.py").read_text("utf-8")
    assert all(f'"{page}"' in pages for page in found)
    for text in tests[:-1]:
        # The probe itself is Python that compiles.
        compile(text.partition(" -c ")[2], "probe", "exec")


def test_the_image_runs_as_nobody_and_has_a_place_that_is_theirs() -> None:
    (user,) = re.findall(r"^USER (\S+)$", BOX, re.MULTILINE)
    assert user == "10001"
    assert f"--uid {user}" in BOX
    # A volume takes its owner from the folder it is mounted on: without this one it would be root's.
    assert "install -d -o digest -g digest -m 0750 /srv/digest/var" in BOX
    for path in COMPOSE:
        for service in services(path).values():
            assert "digest-var:/srv/digest/var" in service["volumes"]


def test_the_image_has_the_drivers_that_compose_needs() -> None:
    (locked,) = set(re.findall(r"requirements/\S+\.txt", BOX))
    names = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / locked).read_text("utf-8"), re.MULTILINE))
    assert {"psycopg", "procrastinate", "hatchling"} <= names
    same = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    assert set(re.findall(r"^[a-z0-9-]+==\S+", same, re.MULTILINE)) <= set(
        re.findall(r"^[a-z0-9-]+==\S+", (ROOT / locked).read_text("utf-8"), re.MULTILINE)
    )


def test_what_the_image_is_built_from_makes_a_whole_package(tmp_path: Path) -> None:
    """The COPY lines alone, in an empty folder: a wheel comes out of them with everything that is read at run time."""
    source = tmp_path / "src"
    source.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", "var")
    for line in re.findall(r"^COPY (?!--from)(.+)$", BOX, re.MULTILINE):
        *names, _ = line.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=ignored)
            else:
                (source / name).parent.mkdir(exist_ok=True)
                shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for path in (
        "digest/_templates/email/edition.mjml.j2", "digest/_templates/web/static/desk.js",
        "digest/_samples/config.yaml",
        "digest/cli/starter.yaml", "digest/store/migrations/env.py", "digest/web/locale/fr.po", "subscribers/tables.py",
    ):  # fmt: skip
        assert path in held, path


def test_nothing_but_the_source_reaches_the_builder() -> None:
    """A build's context is sent whole: it must not hold readers, keys or the environment."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert "*" in rules
    kept = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+)$", BOX, re.MULTILINE) for name in line.split()[:-1]}
    assert kept == {name.partition("/")[0] for name in copied}
    assert "**/var" in rules
