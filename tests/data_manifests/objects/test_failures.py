"""What a store says is told in a few words: what it says of credentials as such, its own failures as those of all."""

from __future__ import annotations

import pytest
from obstore.exceptions import BaseError

from bgfg.data_manifests.objects.failures import failure_of
from bgfg.data_manifests.terminal.errors import TryAgain


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("401 Unauthorized: ", "401 Unauthorized"),
        ("403 Forbidden: ", "403 Forbidden"),
        ("403 Forbidden: <Code>RequestTimeTooSkewed</Code>", "403 Forbidden RequestTimeTooSkewed"),
    ],
)
def test_an_answer_that_refuses_names_the_credentials_and_the_clock(said: str, reason: str) -> None:
    error = BaseError(f"Generic S3 error: Server returned non-2xx status code: {said}")
    line = f"s3://b/x: no access ({reason}): check the credentials of this store, and this machine's clock"
    assert str(failure_of("s3://b", "x", error)) == line


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("Server returned non-2xx status code: 503 Service Unavailable: ", "s3://b/corpus"),
        ("Server returned non-2xx status code: 429 Too Many Requests: ", "s3://b/corpus"),
        ("Server returned non-2xx status code: 400 Bad Request: ", "s3://b/corpus/done/x"),
        ("error sending request", "s3://b/corpus"),
    ],
)
def test_what_all_requests_would_fail_for_is_said_of_the_store_and_not_of_the_object(said: str, where: str) -> None:
    problem = failure_of("s3://b/corpus", "done/x", BaseError(said))
    assert isinstance(problem, TryAgain)
    assert str(problem).startswith(f"{where}: can't be reached as needed (")
