"""Translates unusable settings and network failures, in the same words for every command."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

import click
from botocore import exceptions as boto

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.arns import REGIONS

from . import profile

_SETTINGS = (
    *(boto.BaseEndpointResolverError, boto.EndpointProviderError, boto.InvalidEndpointConfigurationError),
    *(boto.InvalidConfigError, boto.InvalidDefaultsMode, boto.InvalidIMDSEndpointError),
    *(boto.InvalidIMDSEndpointModeError, boto.InvalidProxiesConfigError, boto.InvalidRetryConfigurationError),
    *(boto.InvalidRetryModeError, boto.InvalidSTSRegionalEndpointsConfigError, boto.UnknownCredentialError),
    *(boto.UnknownRegionError, boto.UnknownSignatureVersionError, boto.ConfigNotFound),
    boto.InvalidChecksumConfigError,
)
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


def of_settings(error: Exception) -> CommandError | None:
    """Translate a user's setting that botocore cannot use; None for other errors."""
    said = " ".join(str(error).split())
    if isinstance(error, boto.ProfileNotFound):
        names = profile.all_names()
        known = (
            f"Set AWS_PROFILE to one of: {', '.join(names)}." if names else "Your AWS configuration has no profiles."
        )
        problem = f"the AWS profile {profile.name() or 'of your configuration'} does not exist"
        return _setting(problem, known)
    if isinstance(error, boto.ConfigParseError):
        return _setting(f"the AWS configuration cannot be read: {said}", "Correct the file.")
    if isinstance(error, boto.NoRegionError):
        return no_region()
    if isinstance(error, boto.InvalidRegionError):
        return _setting(
            said.rstrip(".").replace("Provided region_name", "the region"), "Correct AWS_REGION or --region."
        )
    if isinstance(error, _SETTINGS):
        return _setting(f"an AWS setting cannot be used: {said}", "Correct it in the environment or in ~/.aws/config.")
    return None


def no_region() -> CommandError:
    """Return the error for a missing region; it names --region only if the command has this option."""
    context = click.get_current_context(silent=True)
    has_option = context is None or any("--region" in each.opts for each in context.command.params)
    return _setting("no region is set", f"Set AWS_REGION{', or name a region with --region' if has_option else ''}.")


def bad_address(address: str, why: str) -> CommandError:
    """Return the error for an invalid endpoint URL."""
    given = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL") and value}
    names = [name for name, value in given.items() if value == address] or list(given)
    where = names[0] if names else "endpoint_url in your AWS configuration"
    address = given.get(where, address)
    return _setting(f"{where} cannot be used: {address!r} {why}", "Use http://HOST:PORT or https://HOST.")


def of_network(error: Exception) -> CommandError | None:
    """Translate a failed or untrusted connection; None for other errors."""
    host = _host(error)
    if isinstance(error, boto.SSLError):
        return _certificate(error, host)
    if isinstance(error, boto.ProxyConnectionError):
        return CommandError(
            f"cannot connect through the proxy {error.kwargs.get('proxy_url', '')}",
            remedy=f"Correct {_proxy() or 'the proxy'}, or exempt the host with NO_PROXY.",
            code=CommandCode.UNREACHABLE,
        )
    if isinstance(error, boto.ReadTimeoutError):
        return _unreachable(f"{host} did not respond in time")
    if isinstance(error, (boto.ConnectTimeoutError, boto.EndpointConnectionError)):
        return _unreachable(f"cannot connect to {host}: {_reason(error)}")
    if type(error) is boto.HTTPClientError and (proxy := _proxy()):
        return _setting(f"the proxy in {proxy} cannot be used", "Set it to http://HOST:PORT, or unset it.")
    if isinstance(error, (boto.ConnectionClosedError, boto.HTTPClientError, boto.IncompleteReadError)):
        return _unreachable(f"the connection to {host} failed: {type(error).__name__}")
    return None


def is_decisive(error: Exception) -> bool:
    """Whether retrying a failed connection cannot help.

    A plain HTTPClientError is a request that urllib3 cannot start, for example because of an invalid proxy URL.
    """
    return isinstance(error, (boto.SSLError, boto.ProxyConnectionError)) or type(error) is boto.HTTPClientError


def page_instead(host: str) -> CommandError:
    """Return the error for a web page in place of a service's response."""
    proxy = _proxy()
    return CommandError(
        f"{host} returned a web page instead of the service's response",
        remedy=f"Check for a proxy{f' ({proxy})' if proxy else ''} or the sign-in page of a network. If you have set"
        " AWS_ENDPOINT_URL, check its value.",
        code=CommandCode.INTERCEPTED,
    )


def _certificate(error: boto.SSLError, host: str) -> CommandError:
    bundle = next((name for name in _BUNDLES if os.environ.get(name)), None)
    reason = " ".join(str(error.kwargs.get("error", "")).split())
    if bundle and "CERTIFICATE_VERIFY_FAILED" not in reason:
        return CommandError(
            f"the certificates in {bundle} = {os.environ[bundle]} cannot be loaded",
            remedy=f"Set {bundle} to a file of certificates in PEM format.",
            code=CommandCode.CERTIFICATE,
        )
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        named = (
            f"Add it to the file in {bundle}" if bundle else "Set AWS_CA_BUNDLE to a file with its issuer's certificate"
        )
        why = re.sub(r" \(_ssl.*", "", reason.partition("certificate verify failed: ")[2] or reason)
        return CommandError(
            f"the certificate of {host} is not trusted: {why}",
            remedy=f"A proxy that inspects traffic uses its own certificate. {named}.",
            code=CommandCode.CERTIFICATE,
        )
    return CommandError(
        f"cannot make a secure connection to {host}: {reason}",
        remedy="Check the address (use https:// only if the service supports TLS) and the proxy.",
        code=CommandCode.CERTIFICATE,
    )


def _unreachable(problem: str) -> CommandError:
    given = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") and os.environ[name]]
    remedies = [f"Correct {' and '.join(given)}." if given else "Check the network and the region."]
    if proxy := _proxy():
        remedies.append(f"Check the proxy in {proxy}.")
    if not given and "identity-chime" in problem and not any(region in problem for region in REGIONS):
        remedies.append(f"Amazon Chime SDK messaging is available in {' and '.join(REGIONS)} only.")
    return CommandError(problem, remedy=" ".join(remedies), code=CommandCode.UNREACHABLE)


def _reason(error: Exception) -> str:
    """Return the reason in a few words; urllib3's own text contains its internal objects."""
    text = str(getattr(error, "kwargs", {}).get("error", ""))
    if isinstance(error, boto.ConnectTimeoutError):
        return "the connection timed out"
    if any(words in text for words in ("Name or service", "getaddrinfo", "nodename", "resolve", "No address")):
        return "the host name is unknown"
    return "the connection was refused" if "refused" in text else "the connection failed"


def _host(error: Exception) -> str:
    address = str(getattr(error, "kwargs", {}).get("endpoint_url", "") or "")
    return urlsplit(address).netloc.rpartition("@")[2] or "AWS"


def _proxy() -> str | None:
    return next((name for name in _PROXIES if os.environ.get(name)), None)


def _setting(problem: str, remedy: str) -> CommandError:
    return CommandError(problem, remedy=remedy, code=CommandCode.SETTINGS)
