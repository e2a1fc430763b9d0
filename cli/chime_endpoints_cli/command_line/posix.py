"""The check for POSIX, which the local cloud needs; every other command also works on Windows."""

from chime_endpoints_cli.output.errors import CommandError


def require_posix(what: str) -> None:
    """Raise CommandError on Windows, which lacks these file locks and process groups.

    Args:
        what: what needs POSIX, as the beginning of a sentence.
    """
    try:
        import fcntl  # noqa: F401 - only a check
    except ModuleNotFoundError as error:
        raise CommandError(
            f"{what} needs Linux or macOS", remedy="On Windows, run it in WSL: https://learn.microsoft.com/windows/wsl"
        ) from error
