"""The one error that people read: what is wrong, where, and what to do about it."""


class ZhikeError(Exception):
    """Bad input or a bad place. The command line prints it and exits with 1; a run fails with it."""

    def __init__(self, what: str, where: str, remedy: str):
        super().__init__(f"{what}\n  where: {where}\n  what to do: {remedy}")
        self.what = what
        self.where = where
        self.remedy = remedy
