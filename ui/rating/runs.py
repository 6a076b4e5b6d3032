"""Take the replies out of a run folder."""

from pathlib import Path

from graphs.evaluation.folder import RunFolder
from tools.errors import DataError
from tools.judging.replies import Asked, Run


def read_run(folder: Path) -> Run:
    """Return what a run was asked and what it replied.

    Raises:
        ConfigError: the folder holds no run.
        DataError: a file in it is not in its format.
    """
    opened = RunFolder.open(folder.absolute())  # `.` has no name
    try:
        asked = [
            Asked(
                id=item["id"],
                dialogue=item["dialogue"],
                before=tuple(item["before"]),
                said=item["said"],
            )
            for item in opened.items()
        ]
        replies = {one["id"]: one["predicted"].get("response", "") for one in opened.predictions()}
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"the run {opened.name!r} is not as `python -m graphs evaluate` writes it "
            f"({type(error).__name__}: {error}); make it again"
        ) from error
    return Run(name=opened.name, asked=asked, replies=replies)
