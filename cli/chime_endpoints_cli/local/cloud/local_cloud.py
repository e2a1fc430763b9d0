"""The local cloud: runs MiniStack and the emulator of the Chime service on loopback during a `with` block."""

import contextlib
import importlib.util
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from chime_endpoints_cli.account.calls.local_addresses import ACCOUNT, Addresses
from chime_endpoints_cli.output.console.terminal import waiting
from chime_endpoints_cli.output.errors import CommandError

from .environment import local_environment
from .function_runtime import FUNCTION_PYTHON, make_runtime, runtime_environment
from .service_process import ServiceProcess, answers

LOOPBACK = "127.0.0.1"
"""An address, not a name: with `localhost`, the cdk command would look up bucket.localhost."""
PERMISSIONS_PATH = "/_chime_endpoints/permissions"
"""Where MiniStack answers the emulator's question whether IAM policies allow a call."""


class LocalCloud:
    """Starts and stops the two services; they write all files to one directory."""

    def __init__(
        self,
        *,
        directory: Path,
        aws_port: int = 0,
        chime_port: int = 0,
        account: str = ACCOUNT,
        node_packages: Path | None = None,
    ) -> None:
        """Set the ports, where 0 means any free port, the account id, and the packages that functions in Node get."""
        self.directory = directory
        self._node_packages = node_packages
        self._account = account
        self._ports = (aws_port, chime_port)
        self._services = contextlib.ExitStack()
        self._running: list[ServiceProcess] = []
        self._addresses: Addresses | None = None

    @property
    def addresses(self) -> Addresses:
        """The URLs; only available while the cloud runs."""
        if self._addresses is None:
            raise CommandError("the local cloud is not running")
        return self._addresses

    @property
    def stopped_service(self) -> str | None:
        """The name of a service that has ended by itself, or None."""
        return next((service.name for service in self._running if not service.is_running), None)

    @property
    def environment(self) -> dict[str, str]:
        """The environment for programs that use the cloud."""
        return self._environment(self.addresses)

    def _environment(self, where: Addresses) -> dict[str, str]:
        return local_environment(
            aws_url=where.aws_url, chime_url=where.chime_url, directory=self.directory, account=self._account
        )

    def __enter__(self) -> Self:
        require_ministack()
        self.directory.mkdir(parents=True, exist_ok=True)
        aws_port, chime_port = self._ports
        with self._services, waiting("Starting the local cloud"):
            # MiniStack's own command accepts only a port number. With a socket that already listens, no other program
            # can take the port in between.
            with _listening_socket(aws_port) as listening:
                aws_url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
                chime_url = self._start_emulator(chime_port, aws_url)
                where = Addresses(aws_url=aws_url, chime_url=chime_url)
                self._start_ministack(listening, where)
            self._addresses = where
            self._services = self._services.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._addresses = None
        self._services.close()

    def _run(self, service: ServiceProcess) -> ServiceProcess:
        self._services.callback(service.stop)
        self._running.append(service)
        return service

    def _start_emulator(self, port: int, aws_url: str) -> str:
        _listening_socket(port).close()
        port_file = self.directory / "emulator.port"
        port_file.unlink(missing_ok=True)
        service = self._run(
            ServiceProcess(
                "the Chime service emulator",
                [
                    *("chime_endpoints_emulator", "--host", LOOPBACK),
                    *("--port", str(port), "--port-file", str(port_file)),
                    *("--authorizer", f"{aws_url}{PERMISSIONS_PATH}"),
                ],
                log=self.directory / "emulator.log",
                environment={**os.environ, "MOTO_ACCOUNT_ID": self._account},
            )
        )
        service.wait_until(port_file.exists)
        url = f"http://{LOOPBACK}:{port_file.read_text().strip()}"
        service.wait_until(lambda: answers(f"{url}/_emulator/health"))
        return url

    def _start_ministack(self, listening: socket.socket, where: Addresses) -> None:
        service = self._run(
            ServiceProcess(
                "MiniStack",
                [
                    *("hypercorn", "--bind", f"fd://{listening.fileno()}", "--workers", "0"),
                    *("--keep-alive", "75", "chime_endpoints_cli.local.cloud.ministack.app:app"),
                ],
                log=self.directory / "ministack.log",
                environment={
                    **runtime_environment(self._environment(where)),
                    **_ministack_settings(listening.getsockname()[1], self._account),
                    **({"NODE_PATH": str(self._node_packages)} if self._node_packages else {}),
                    FUNCTION_PYTHON: str(make_runtime(self.directory / "function-runtime")),
                },
                file_descriptors=[listening.fileno()],
            )
        )
        service.wait_until(lambda: answers(f"{where.aws_url}/_ministack/ready"))


def require_ministack() -> None:
    """Raise CommandError if MiniStack is not installed."""
    if importlib.util.find_spec("ministack") is None:
        raise CommandError(
            "the local cloud is not installed", remedy="Install it with: pip install 'cdk-chime-endpoints[local]'"
        )


def _ministack_settings(port: int, account: str) -> dict[str, str]:
    """Return settings for loopback only, without persistence, other listeners, or the user's Docker."""
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_ACCOUNT_ID": account,
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",  # enforce IAM policies
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{os.devnull}/none",
    }


def _listening_socket(port: int) -> socket.socket:
    """Return a socket that listens on the port; raise CommandError if another program uses the port."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise CommandError(
            f"port {port} on {LOOPBACK} cannot be used: {error.strerror}",
            remedy="Stop the program that uses it, choose another port, or omit the option to use any free port.",
        ) from error
    return bound
