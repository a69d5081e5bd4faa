"""`zhike`, from its first moment on: Ctrl-C while it loads ends it without a stack trace."""

import os
import signal
import sys


def main() -> None:
    # What could be left undone has a handler of its own (pipelines/stopping.py).
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    import pipelines.cli_audiences  # noqa: F401  its commands join the others
    import pipelines.cli_channels  # noqa: F401  its commands join the others
    import pipelines.cli_erase  # noqa: F401  its command joins the others
    import pipelines.cli_plan  # noqa: F401  its commands join the others
    import pipelines.cli_report  # noqa: F401  its command joins the others
    import pipelines.cli_serving  # noqa: F401  its commands join the others
    from pipelines.cli import main as command

    try:
        command()
    except SystemExit as ended:
        if ended.code not in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            raise
        # All is said and closed; unloading the libraries takes seconds on a loaded machine.
        for stream in (sys.stdout, sys.stderr):
            if stream:
                stream.flush()
        os._exit(ended.code)


if __name__ == "__main__":
    main()
