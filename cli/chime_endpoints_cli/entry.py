"""Where the installed command begins: it says what is missing if it was installed without what it needs."""

import sys


def main() -> None:
    """Runs the command."""
    try:
        from .main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("chime_endpoints"):
            raise
        missing = error.name.partition(".")[0]
        sys.exit(f"error: {missing} is not installed\nInstall the command with: pip install 'cdk-chime-endpoints[cli]'")
    run()
