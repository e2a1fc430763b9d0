"""What moto and botocore would prepare again in each test, prepared once in a process."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader
from moto.core import models
from moto.core.config import default_user_config

_load_file = JSONFileLoader.load_file


@cache
def _loaded(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


def prepare_once() -> None:
    """Spare each test what takes moto and botocore up to 0.1 s."""
    models.RESPONSES_METHODS.clear()  # it would answer the library `requests` as well, which nothing here uses
    default_user_config["core"]["reset_boto3_session"] = False
    JSONFileLoader.load_file = lambda _, path: _loaded(path)  # sessions would each read and parse the same files
