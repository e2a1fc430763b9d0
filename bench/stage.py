"""The service and the response URL (over TLS) in this process, which all candidates use."""

from __future__ import annotations

import json
import ssl
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import aws_cdk
import certifi
import trustme

from chime_endpoints_emulator import ChimeSDKIdentityBackend, identity_backend
from chime_endpoints_emulator.server import EmulatorServer

ACCOUNT, REGION = "123456789012", "us-east-1"
APPLICATION = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/chat/6e5b8f10-0000-4000-8000-000000000001"
HERE = Path(__file__).parent


class Answers:
    """A response URL like that of S3: over TLS, with persistent connections. It records when a response is accepted."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.port = int(server.server_address[1])
        self.url = f"https://localhost:{self.port}/answer?X-Amz-Signature=signature"
        self.accepted: list[tuple[float, dict[str, Any]]] = []


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The surroundings of a candidate, and the events for it."""

    backend: ChimeSDKIdentityBackend
    service_url: str
    answers: Answers
    trusted: Path
    numbers: Iterator[int]

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a function in Lambda, with this stage's service and certificates."""
        return {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": self.service_url,
            "BENCH_ANSWER_PORT": str(self.answers.port),
            "LANG": "C.UTF-8",
            "NODE_EXTRA_CA_CERTS": str(self.trusted),
            "NODE_PATH": str(HERE / "node_modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SSL_CERT_FILE": str(self.trusted),
        }

    def create(self) -> dict[str, Any]:
        """Return a Create event for an endpoint of a new user."""
        number = next(self.numbers)
        instance = next(iter(self.backend.app_instances))
        user = self.backend.create_app_instance_user(
            app_instance_arn=instance, app_instance_user_id=f"user-{number}", name="Alice"
        )
        return {
            "RequestType": "Create",
            "StackId": STACK_ID,
            "RequestId": f"6e5b8f10-0000-4000-8000-{number:012d}",
            "LogicalResourceId": "Phone",
            "ResourceType": "Custom::ChimeAppInstanceUserEndpoint",
            "ResponseURL": self.answers.url,
            "ResourceProperties": {
                "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:bench",
                "AppInstanceUserArn": user,
                "Type": "APNS",
                "ResourceArn": APPLICATION,
                "EndpointAttributes": {"DeviceToken": f"token-{number}"},
                "Name": f"Phone {number}",
            },
        }

    def create_by_sdk_call(self) -> dict[str, Any]:
        """Return the same Create event in the form of AwsCustomResource."""
        event = self.create()
        properties = event["ResourceProperties"]
        call = {
            "service": "chime-sdk-identity",
            "action": "RegisterAppInstanceUserEndpoint",
            "parameters": {
                **{name: value for name, value in properties.items() if name != "ServiceToken"},
                "AllowMessages": "ALL",
                "ClientRequestToken": event["RequestId"],
            },
            "physicalResourceId": {"responsePath": "EndpointId"},
        }
        given = {
            "ServiceToken": properties["ServiceToken"],
            "InstallLatestAwsSdk": "false",
            "Create": json.dumps(call),
        }
        return {**event, "ResourceType": "Custom::AWS", "ResourceProperties": given}


@contextmanager
def stage() -> Iterator[Stage]:
    """Run the service and the response URL while the context is active."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    backend = identity_backend(account_id=ACCOUNT, region_name=REGION)
    backend.reset()
    backend.switches.requests_per_second = None
    backend.create_app_instance(name="chat")
    with (
        tempfile.TemporaryDirectory() as directory,
        EmulatorServer() as service,
        _open_answers(context) as answers,
    ):
        trusted = Path(directory) / "trusted.pem"
        # The same authorities as in Lambda, and this one.
        trusted.write_text(Path(certifi.where()).read_text() + authority.cert_pem.bytes().decode())
        yield Stage(backend=backend, service_url=service.url, answers=answers, trusted=trusted, numbers=count(1))


@contextmanager
def _open_answers(context: ssl.SSLContext) -> Iterator[Answers]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answers.accepted.append((time.perf_counter(), json.loads(body)))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            """Do the TLS handshake in the connection's own thread."""
            super().finish_request(context.wrap_socket(request, server_side=True), client_address)

        def handle_error(self, *_: object) -> None:
            """Ignore clients that disconnect."""

    server = Server(("127.0.0.1", 0), Handler)
    answers = Answers(server)
    thread = Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@cache
def sdk_call_handler() -> Path:
    """Return the path of AwsCustomResource's function code, extracted from aws-cdk-lib."""
    member = "package/custom-resource-handlers/dist/custom-resources/aws-custom-resource-handler/index.js"
    (bundle,) = (Path(aws_cdk.__file__).parent / "_jsii").glob("aws-cdk-lib@*.jsii.tgz")
    target = Path(tempfile.mkdtemp(prefix="bench-")) / "index.js"
    with tarfile.open(bundle) as archive:
        code = archive.extractfile(member)
        if code is None:
            raise FileNotFoundError(member)
        target.write_bytes(code.read())
    return target
