"""Refusals of Secrets Manager and Systems Manager."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from support.stage import Stage


class Refusing:
    """Secrets Manager and Systems Manager that refuse a number of calls; everything else works as staged."""

    def __init__(self, stage: Stage, code: str, *, times: int | None) -> None:
        self._staged = stage.clients
        self._code = code
        self._left = times
        self.asked = 0

    def chime(self, region: str) -> Any:
        """The staged client."""
        return self._staged.chime(region)

    def stacks(self) -> Any:
        """The staged client."""
        return self._staged.stacks()

    def secrets(self, _: str | None) -> Refusing:
        """The client itself."""
        return self

    def parameters(self, _: str | None) -> Refusing:
        """The client itself."""
        return self

    def get_secret_value(self, *, SecretId: str, **_: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """A refusal that quotes the secret, or the secret; a look-up by name is part of the same attempt."""
        if not SecretId.startswith("arn:"):
            raise self._refusal()
        self._refuse()
        return {"SecretString": "canary-secret"}

    def get_parameter(self, **_: object) -> dict[str, Any]:
        """A refusal that quotes the parameter, or the parameter."""
        self._refuse()
        return {"Parameter": {"Value": "canary-secret"}}

    def _refuse(self) -> None:
        self.asked += 1
        if self._left is None or self.asked <= self._left:
            raise self._refusal()

    def _refusal(self) -> ClientError:
        error = {"Code": self._code, "Message": "canary-secret"}
        return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "GetIt")
