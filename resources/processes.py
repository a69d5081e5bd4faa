"""Which process is at work, and whether it still is."""

from pathlib import Path


def process_of(pid: int) -> str:
    """A process by number and start time, so that a number used again by another process is not taken for it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{pid}:{fields[19]}"


def is_gone(process: str) -> bool:
    """Whether a process, as `process_of` named it, is there no more. Unknown where the system has no names for it."""
    return bool(process) and process_of(int(process.partition(":")[0])) != process
