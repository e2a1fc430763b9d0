"""The hook in moto that the backend uses. It is internal, and moto may move it."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import moto
import pytest
from moto import backend_index, backends
from moto.server import ThreadedMotoServer

import chime_endpoints_emulator
from chime_endpoints_emulator import chimesdkidentity_backends, hook
from support.identity import make_client

MOVED = (
    f"moto {version('moto')} finds its backends in another way than 5.2: "
    "chime_endpoints_emulator/hook.py must be adapted"
)
NAME: Any = hook.NAME


def test_moto_finds_the_backend() -> None:
    """Moto imports modules by names and patterns from a list. If that changes, this test says what to do."""
    patterns = getattr(backend_index, "backend_url_patterns", None)
    assert isinstance(patterns, list), MOVED
    assert all(isinstance(name, str) and isinstance(p, re.Pattern) for name, p in patterns), MOVED
    assert sum(name == hook.NAME for name, _ in patterns) == 1, MOVED
    host = "https://identity-chime.us-east-1.amazonaws.com/tags"
    assert backends.get_service_from_url(host) == hook.NAME, MOVED
    try:
        found = backends.get_backend(NAME)
    except ImportError:
        pytest.fail(MOVED)
    assert found is chimesdkidentity_backends, MOVED


def test_hooking_in_again_changes_nothing() -> None:
    """The backend is listed once, even if it is installed several times."""
    before = [*backend_index.backend_url_patterns]
    hook.install()
    assert before == backend_index.backend_url_patterns


def test_moto_has_no_such_backend_itself() -> None:
    """If moto adds one, this package must not hide it."""
    [folder] = moto.__path__
    assert hook.NAME not in {*backends.list_of_moto_modules()}, f"{folder} now has {hook.NAME}"


def test_other_services_are_moto_s_own() -> None:
    """The backend uses no other service's host."""
    for host in ("sts.us-east-1", "chimes.us-east-1", "a.chime.us-east-1.s3", "a.pinpoint.us-east-1.s3"):
        found = backends.get_service_from_url(f"https://{host}.amazonaws.com/")
        assert found not in (hook.NAME, hook.PUSH_NAME)
    assert backends.get_service_from_url("https://pinpoint.us-east-1.amazonaws.com/") == hook.PUSH_NAME


@pytest.mark.slow
def test_moto_s_own_server_serves_it_too() -> None:
    """The signing name identifies it among moto's other services."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = make_client(url=f"http://{host}:{port}")
        arn = client.create_app_instance(Name="chat")["AppInstanceArn"]
        assert client.describe_app_instance(AppInstanceArn=arn)["AppInstance"]["Name"] == "chat"
        push = make_client("pinpoint", url=f"http://{host}:{port}")
        made = push.create_app(CreateApplicationRequest={"Name": "pushes"})["ApplicationResponse"]
        assert push.get_apps()["ApplicationsResponse"]["Item"][0]["Id"] == made["Id"]
        assert push.get_channels(ApplicationId=made["Id"])["ChannelsResponse"]["Channels"] == {}
    finally:
        server.stop()


def test_what_is_public_is_sorted_and_there() -> None:
    """`__all__` contains the names that users import."""
    public = chime_endpoints_emulator.__all__
    assert public == sorted(public)
    assert all(hasattr(chime_endpoints_emulator, name) for name in public)
