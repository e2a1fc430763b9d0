"""Preparations of moto and botocore that would be repeated in each test."""

from __future__ import annotations

import gc
from functools import cache

import botocore.session
from moto.core import models
from moto.core.config import default_user_config


def prepare_once() -> None:
    """Save up to 0.1 s in each test."""
    models.RESPONSES_METHODS.clear()  # for the library `requests`, which nothing here uses
    default_user_config["core"]["reset_boto3_session"] = False
    botocore.session.create_loader = cache(botocore.session.create_loader)  # sessions share the parsed files
    gc.set_threshold(100_000, 20, 20)  # little of a test is garbage before it ends
