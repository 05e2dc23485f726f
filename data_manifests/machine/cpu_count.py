"""The number of CPU cores that this process may use."""

from __future__ import annotations

_MOST_DECODING_THREADS = 8


def usable_cpu_count() -> int:
    """Return the number of CPU cores that this process may use: what affinity and a container's quota leave of them."""
    from joblib import cpu_count  # knows cgroup quotas, which os.sched_getaffinity doesn't

    return int(cpu_count())


def default_threads() -> int:
    """Return the default number of decoding threads: one a core that this process may use, at most 8."""
    return min(_MOST_DECODING_THREADS, usable_cpu_count())
