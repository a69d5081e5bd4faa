"""`zhike`, from its first moment on: Ctrl-C while it loads ends it without a stack trace."""

import signal


def main() -> None:
    # What could be left undone has a handler of its own (pipelines/stopping.py).
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pipelines.cli import main as command

    command()


if __name__ == "__main__":
    main()
