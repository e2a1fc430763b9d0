"""What the local cloud creates for a declaration."""

from __future__ import annotations

from pathlib import Path

import pytest
from moto import mock_aws

from chime_endpoints.declared.load import load
from chime_endpoints_cli.account.calls.local_addresses import Addresses
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.local.declaration.prerequisites import make_prerequisites
from chime_endpoints_emulator import EmulatorServer, identity_backend, push_backend
from support.identity import APPLICATION

ACCOUNT = "123456789012"
FILE = f"""
defaults:
  application: {APPLICATION}
endpoints:
  phone:
    user: arn:aws:chime:us-east-1:{ACCOUNT}:app-instance/01234567-89ab-cdef-0123-456789abcdef/user/alice
    type: APNS_SANDBOX
    device_token: {{parameter: /tokens/phone}}
    voip_device_token: {{parameter: /tokens/calls}}
  tablet:
    user: arn:aws:chime:us-east-1:{ACCOUNT}:app-instance/01234567-89ab-cdef-0123-456789abcdef/user/alice
    type: GCM
    device_token: {{parameter: /tokens/tablet}}
"""


def test_applications_get_a_working_channel_for_each_kind_of_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application exists with the ARN in the file, once, and accepts pushes for its endpoints."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    path = tmp_path / "endpoints.yaml"
    path.write_text(FILE)
    with mock_aws(), EmulatorServer() as server:
        addresses = Addresses(aws_url="http://127.0.0.1:1", chime_url=server.url)
        for _ in range(2):
            made = make_prerequisites(Services(), addresses, load(path, lambda _: None).entries, account=ACCOUNT)
        push = push_backend()
        assert made.application_arns == (APPLICATION,)
        assert [push.arn(name) for name in push.applications] == [APPLICATION]
        types = {"APNS_SANDBOX", "APNS_VOIP_SANDBOX", "GCM"}
        assert {kind for _, kind in push.channels} == types
        assert all(each.enabled and each.credentials and each.version == 1 for each in push.channels.values())
        assert [*identity_backend().users] == [*made.user_arns]
