"""What a store says of credentials is told as such, however the library calls it."""

from __future__ import annotations

import pytest
from obstore.exceptions import BaseError

from bgfg.data_manifests.objects.failures import failure_of


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_an_answer_that_refuses_names_the_credentials(status: str) -> None:
    error = BaseError(f"Generic S3 error: Server returned non-2xx status code: {status}: ")
    assert str(failure_of("s3://b/x", error)) == f"s3://b/x: no access ({status}): check the credentials of this store"
