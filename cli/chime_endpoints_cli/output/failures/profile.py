"""The user's AWS profile, for error messages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError

_NO_PROFILE = {"profile": (None, None, None, None)}


def name() -> str | None:
    """Return the profile in the environment."""
    return os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or None


def settings() -> Mapping[str, Any]:
    """Return the profile's settings; empty if they cannot be read."""
    try:
        found: Mapping[str, Any] = botocore.session.Session().get_scoped_config()
    except BotoCoreError:
        return {}
    return found


def all_names() -> list[str]:
    """Return the names of all profiles; empty if they cannot be read."""
    try:
        return sorted(botocore.session.Session(session_vars=_NO_PROFILE).available_profiles)
    except BotoCoreError:
        return []


def sign_in() -> str:
    """Return how to sign in with the profile, as a sentence."""
    own = settings()
    option = f" --profile {name()}" if name() else ""
    if "sso_session" in own or "sso_start_url" in own:
        return f"Run: aws sso login{option}"
    if "login_session" in own:
        return f"Run: aws login{option}"
    return "Sign in (aws sso login, or aws login), or set AWS_PROFILE to a profile that has credentials."
