"""The CDK app: what `endpoints.yaml` declares, as stacks. It calls no AWS service and looks nothing up."""

from __future__ import annotations

import sys
from pathlib import Path

# So that the packages of requirements.txt are enough: this repository's own need not be installed.
sys.path[:0] = [str(Path(__file__).resolve().parent / root) for root in ("constructs", "lambda_handlers")]


def main() -> None:
    """Writes the cloud assembly; where that fails there is none, and stderr says what to do."""
    if sys.version_info < (3, 11):  # noqa: UP036 - started by whichever Python is found first
        sys.exit(f"{sys.executable} is Python {sys.version.split()[0]}; this app needs Python 3.11 or newer.")
    try:
        from chime_endpoints.declared import program
    except ImportError as error:
        sys.exit(
            f"{error.name} is not installed for {sys.executable}. Activate the virtual environment"
            " (source .venv/bin/activate; on Windows .venv\\Scripts\\activate), then:"
            " pip install -r requirements.txt"
        )
    except OSError as error:
        sys.unraisablehook = lambda _: None  # what is left of the attempt complains when it is cleared away
        sys.exit(f"AWS CDK needs Node.js, and could not start it ({error}). Install it, and see that `node` is found.")
    program.main()


if __name__ == "__main__":
    main()
