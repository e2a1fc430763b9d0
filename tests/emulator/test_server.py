"""The emulator as a program: started, called in parallel, and stopped by a signal."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

import chime_endpoints_emulator
from chime_endpoints_emulator.__main__ import main
from support.identity import APPLICATION, make_client, refusal, registration

pytestmark = pytest.mark.slow

ROOT = Path(chime_endpoints_emulator.__file__).parents[1]
PATIENCE = 20.0


def _start(port_file: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "chime_endpoints_emulator", "--port-file", str(port_file)]
    return subprocess.Popen(  # noqa: S603 - this interpreter and our own program
        [*command, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _url(process: subprocess.Popen[str], port_file: Path) -> str:
    """The address of the program, after it has printed it."""
    end = time.monotonic() + PATIENCE
    while not port_file.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    return f"http://127.0.0.1:{int(port_file.read_text())}"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str, Path]]]:
    """Start the program, and end it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], str, Path]:
        port_file = tmp_path / f"port-{len(started)}"
        process = _start(port_file, *arguments)
        started.append(process)
        return process, _url(process, port_file), port_file

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One program without a rate limit, for tests that only call it."""
    port_file = tmp_path_factory.mktemp("emulator") / "port"
    process = _start(port_file)
    address = _url(process, port_file)
    _control(address, "PUT", "switches", b'{"requests_per_second": null}')
    yield address
    process.terminate()
    out, err = process.communicate(timeout=PATIENCE)
    assert out == f"Chime SDK Identity emulator at {address}\n"
    assert err == ""


def _control(address: str, method: str, path: str, body: bytes = b"") -> bytes:
    """Send a request of the control API over a new connection."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        head = f"{method} /_emulator/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return answer.partition(b"\r\n\r\n")[2]


def _user(client: Any) -> str:
    app_instance = client.create_app_instance(Name="chat")["AppInstanceArn"]
    return str(
        client.create_app_instance_user(AppInstanceArn=app_instance, AppInstanceUserId="a:b@c", Name="A")[
            "AppInstanceUserArn"
        ]
    )


def test_the_life_of_an_endpoint_over_http(url: str) -> None:
    """The operations work as in process, and one connection is enough."""
    client = make_client(url=url, max_pool_connections=1)
    user = _user(client)
    endpoint = client.register_app_instance_user_endpoint(**registration(user, Name="é"))["EndpointId"]
    key = {"AppInstanceUserArn": user, "EndpointId": endpoint}
    client.update_app_instance_user_endpoint(**key, Name="é 📱", AllowMessages="NONE")
    described = client.describe_app_instance_user_endpoint(**key)["AppInstanceUserEndpoint"]
    assert (described["Name"], described["ResourceArn"]) == ("é 📱", APPLICATION)
    client.deregister_app_instance_user_endpoint(**key)
    assert refusal(client.describe_app_instance_user_endpoint, **key)[:2] == ("ForbiddenException", 403)
    assert client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"] == []


def test_it_is_found_by_the_environment_variable(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY sends the calls of an unchanged program to it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    client = boto3.Session().client("chime-sdk-identity", region_name="eu-central-1")
    assert client.create_app_instance(Name="chat")["AppInstanceArn"].startswith(
        "arn:aws:chime:eu-central-1:123456789012:"
    )


def test_many_may_call_at_once(url: str) -> None:
    """The quota is exact for every order of calls."""
    client = make_client(url=url)
    user = _user(client)

    def register(number: int) -> str:
        try:
            request = registration(user, device_token=str(number))
            return str(client.register_app_instance_user_endpoint(**request)["EndpointId"])
        except client.exceptions.ResourceLimitExceededException:
            return ""

    with ThreadPoolExecutor(16) as pool:
        registered = {*pool.map(register, range(40))} - {""}
    listed = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"]
    assert {item["EndpointId"] for item in listed} == registered
    assert len(registered) == 10


def test_the_same_request_at_once_registers_one_endpoint(url: str) -> None:
    """The token is remembered before another request can use it."""
    client = make_client(url=url)
    request = registration(_user(client), ClientRequestToken="same")
    with ThreadPoolExecutor(16) as pool:
        answers = [*pool.map(lambda _: client.register_app_instance_user_endpoint(**request), range(16))]
    assert len({answer["EndpointId"] for answer in answers}) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (b'{"answer": "reset"}', ConnectionClosedError),
        (b'{"answer": "hang", "delay": 2}', ReadTimeoutError),
        (b'{"delay": 2}', ReadTimeoutError),
    ],
)
def test_faults_of_the_connection_are_real(url: str, fault: bytes, error: type[Exception]) -> None:
    """The connection is really reset, silent or slow, and the next call succeeds."""
    client = make_client(url=url, read_timeout=0.5)
    client.list_app_instances()
    _control(url, "POST", "faults", fault)
    with pytest.raises(error):
        client.list_app_instances()
    client.list_app_instances()


def test_a_reset_is_a_reset(url: str) -> None:
    """The client receives RST, not the end of the stream."""
    _control(url, "POST", "faults", b'{"answer": "reset"}')
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /app-instances HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_hanging_call_ends_without_an_answer(url: str) -> None:
    """After the wait, the connection closes."""
    client = make_client(url=url, read_timeout=PATIENCE)
    _control(url, "POST", "faults", b'{"answer": "hang", "delay": 0.1}')
    with pytest.raises(ConnectionClosedError):
        client.list_app_instances()


@pytest.mark.parametrize("answer", ["truncated", "empty", "html", "without_endpoint_id"])
def test_spoiled_answers_come_over_http_too(url: str, answer: str) -> None:
    """The effect happens, but the response does not contain the endpoint's ID."""
    client = make_client(url=url)
    user = _user(client)
    fault = f'{{"operation": "RegisterAppInstanceUserEndpoint", "when": "after", "answer": "{answer}"}}'
    _control(url, "POST", "faults", fault.encode())
    assert "EndpointId" not in client.register_app_instance_user_endpoint(**registration(user))
    listed = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"]
    assert len(listed) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"POST /app-instances HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /app-instances HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /app-instances HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    ],
)
def test_a_body_of_unknown_or_absurd_length_is_refused(url: str, head: bytes) -> None:
    """The server does not wait for it or read it."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_disconnects_does_not_affect_others(url: str) -> None:
    """After a connection ends during a request, the server continues without a message."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(b"POST /app-instances HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    make_client(url=url).list_app_instances()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(program: Any, number: signal.Signals) -> None:
    """It ends immediately and silently with status 0, even during a call, and removes the port file."""
    process, address, port_file = program()
    _control(address, "POST", "faults", b'{"answer": "hang"}')
    client = make_client(url=address, read_timeout=0.1)
    with pytest.raises(ReadTimeoutError):
        client.list_app_instances()
    process.send_signal(number)
    _, err = process.communicate(timeout=5)
    assert (process.returncode, err) == (0, "")
    assert not port_file.exists()


@pytest.mark.slow
def test_a_port_in_use_is_one_clear_message(url: str, tmp_path: Path) -> None:
    """The second program on a port says so and fails, without a traceback or a port file."""
    port = url.rpartition(":")[2]
    process = _start(tmp_path / "port", "--port", port)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err == (
        f"Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --port, or 0 for any free port.\n"
    )
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--port", "65536"], "65536 is not between 0 and 65535"),
        (["--port-file", "/no/such/folder/port"], "Cannot write /no/such/folder/port: No such file or directory."),
    ],
)
def test_what_cannot_be_served_is_said(
    arguments: list[str], expected: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in the options is one message and a failure."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    try:
        status: object = main(arguments)
    except SystemExit as ended:
        status = ended.code
    assert status in (1, 2)
    assert expected in capfd.readouterr().err


@pytest.mark.slow
def test_the_users_profile_has_no_effect(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """This includes a profile that does not exist, because the server calls no other service."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    _, url, _ = program()
    with urllib.request.urlopen(f"{url}/_emulator/health", timeout=10) as answer:  # noqa: S310 - it is http, on loopback
        assert json.load(answer) == {"status": "ok"}


@pytest.mark.slow
def test_the_account_can_be_given(program: Any) -> None:
    """--account sets the account of the service."""
    _, address, _ = program("--account", "000000000000")
    user = _user(make_client(url=address))
    assert ":000000000000:" in user
    assert user.encode() in _control(address, "GET", "state")
