"""What needs POSIX: the local cloud, and with it `demo`. Every other command works on Windows as well."""

from .errors import CommandError


def require_posix(what: str) -> None:
    """Raises CommandError on Windows, which has neither file locks nor process groups of this kind.

    Args:
        what: what cannot run there, as the beginning of a sentence.
    """
    try:
        import fcntl  # noqa: F401 - whether it is there
    except ModuleNotFoundError as error:
        raise CommandError(
            f"{what} needs Linux or macOS", remedy="On Windows, run it in WSL: https://learn.microsoft.com/windows/wsl"
        ) from error
