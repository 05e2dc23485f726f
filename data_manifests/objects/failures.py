"""What an object store said when it failed, as a Problem: in a few words, and without the credentials of a request."""

from __future__ import annotations

import re

from obstore.exceptions import NotSupportedError, PermissionDeniedError, UnauthenticatedError

from bgfg.data_manifests.terminal.errors import Problem, TryAgain

_STATUS = re.compile(r"status code: ([0-9]{3} ?[A-Za-z ]*)")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_REQUEST = re.compile(r"^.*Error performing [A-Z]+ .*? in [0-9.]+[^ ]*s(, after .*?)? - ")
_URL = re.compile(r"[a-z0-9]+://\S+")
_REFUSED = ("401", "403")  # of a listing the library says no more
_OF_A_REQUEST = re.compile(r"4(?!29)[0-9]{2}\b")  # of one alone: others of the same store may well succeed
_CUT_OFF = "body error"


class Missing(Problem):
    """An object isn't there."""


class CutOff(TryAgain):
    """The line dropped in the middle of an answer."""


def failure_of(url: str, key: str, error: Exception) -> Problem:
    """Return the problem of an object that can't be read or written, to be raised; no credentials are in it.

    What is the store's own failure names the store alone, so that all that fails for it says the same.

    Args:
        url: The URL of the store.
        key: The object in it; "" for all of them.
        error: What the library raised.
    """
    where, reason = f"{url}/{key}" if key else url, reason_of(error)
    if "NoSuchBucket" in reason or "ContainerNotFound" in reason:
        return Problem(f"{url}: there is no such bucket: make it first, or check the URL")
    if isinstance(error, FileNotFoundError):
        return Missing(f"{where}: there is no such object: copy the corpus there again")
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or reason.startswith(_REFUSED):
        # By a clock that goes wrong requests are signed for another time.
        return Problem(f"{where}: no access ({reason}): check the credentials of this store, and this machine's clock")
    if isinstance(error, NotSupportedError) and "range" in reason.lower():
        serves = "the server sends whole files where a range of bytes is asked for"
        return Problem(f"{where}: {serves}: serve it by one that answers Range requests")
    kind, place = CutOff if _CUT_OFF in reason else TryAgain, where if _OF_A_REQUEST.match(reason) else url
    return kind(f"{place}: can't be reached as needed ({reason}): check URL, network and server, and run it again")


def reason_of(error: Exception) -> str:
    """Return in a few words what a store said: the status and the code of its answer, without what else is in it."""
    said = str(error)
    status, code = _STATUS.search(said), _CODE.search(said)
    if status:
        return " ".join(filter(None, (status[1].strip(), code[1] if code else "")))
    first = _REQUEST.sub("", (said.splitlines() or [""])[0])
    return _URL.sub("...", first)[:200].strip() or type(error).__name__
