"""An account for plans, with nothing deployed."""

from __future__ import annotations

import json

from plan.cloud import Cloud, Vault
from plan.histories import APP_INSTANCE, SECRET, channel
from support.sink import Sink
from support.stage import APPLICATION, stage_for


def prepared(sink: Sink) -> Cloud:
    """An account with an application, a secret, and the users alice, bob and carol; call it inside `mock_aws`."""
    sink.forget()
    stage = stage_for(sink, is_direct=True)
    stage.backend.create_app_instance(name="chat")
    for name in ("alice", "bob", "carol"):
        stage.backend.ensure_app_instance_user(app_instance_user_arn=f"{APP_INSTANCE}/user/{name}")
    for kind in ("APNS", "GCM"):
        channel(APPLICATION, kind, enabled=True)
    return Cloud(stage, Vault({SECRET: json.dumps({name: f"canary-{name}" for name in ("alice", "bob", "carol")})}))
