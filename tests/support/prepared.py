"""Preparations of moto and botocore that would be repeated in each test."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import botocore.hooks
import botocore.session
from moto.core import models
from moto.core.config import default_user_config


def prepare_once() -> None:
    """Save up to 0.1 s in each test."""
    models.RESPONSES_METHODS.clear()  # for the library `requests`, which nothing here uses
    default_user_config["core"]["reset_boto3_session"] = False
    botocore.session.create_loader = cache(botocore.session.create_loader)  # sessions share the parsed files
    botocore.hooks.accepts_kwargs = lru_cache(1000)(botocore.hooks.accepts_kwargs)
    botocore.hooks.EventAliaser._alias_event_name = _shared(botocore.hooks.EventAliaser._alias_event_name)
    gc.set_threshold(100_000, 20, 20)  # little of a test is garbage before it ends


def _shared(alias: Callable[[Any, str], str]) -> Callable[[Any, str], str]:
    """Let all sessions share what each of them finds out about the names of botocore's events."""
    aliases: dict[str, str] = {}

    def shared(session: Any, event: str) -> str:
        if event not in aliases:
            aliases[event] = alias(session, event)
        return aliases[event]

    return shared
