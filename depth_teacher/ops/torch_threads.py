"""How many threads PyTorch uses on processors."""

from __future__ import annotations

import torch

from bgfg.data_manifests.machine.thread_limit import ThreadLimit

TORCH_THREADS = ThreadLimit(torch.get_num_threads, torch.set_num_threads)
