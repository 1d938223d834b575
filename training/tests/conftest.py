"""One thread: the tests are small, and the machine may be busy."""

import torch

torch.set_num_threads(1)
