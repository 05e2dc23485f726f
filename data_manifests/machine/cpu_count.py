"""The number of CPU cores that this process may use."""

from __future__ import annotations


def usable_cpu_count() -> int:
    """Return the number of CPU cores that this process may use: what affinity and a container's quota leave of them."""
    from joblib import cpu_count  # knows cgroup quotas, which os.sched_getaffinity doesn't

    return int(cpu_count())
