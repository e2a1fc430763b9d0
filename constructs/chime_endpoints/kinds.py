"""What is not of the right kind, told in a sentence before anything is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import Duration

from chime_endpoints_handler.codes import Code


def tags_problems(tags: object) -> Iterator[str]:
    """What is wrong with what was given for tags."""
    if not isinstance(tags, Mapping):
        yield _sentence("tags is not a mapping of keys to values.")


def provider_problems(provider: object) -> Iterator[str]:
    """What is wrong with what was given for a provider."""
    if provider is not None and not hasattr(provider, "service_token"):
        yield _sentence(
            "provider is not a provider. Use EndpointProvider.from_service_token for one that is known by its"
            " ServiceToken."
        )


def duration_problems(parameter: str, value: object) -> Iterator[str]:
    """What is wrong with what was given for a time."""
    if not isinstance(value, Duration):
        yield _sentence(f"{parameter} is not a Duration. Use Duration.seconds or Duration.minutes.")


def require_source(kind: str, value: object, *, attribute: str, remedy: str) -> None:
    """Refuses what is not the construct that a device token is kept in.

    Raises:
        TypeError: it is not.
    """
    if not hasattr(value, attribute):
        raise TypeError(_sentence(f"Not a {kind}. Use {remedy}."))


def _sentence(text: str) -> str:
    return f"{text} [{Code.WRONG_KIND}]"
