"""What is computed with: device, precision and threads, chosen from the machine and said before anything begins.

On a CPU bf16 pays with AMX alone: measured with SmolLM2-135M it trains 1.3 to 1.4 times as fast there, and slower
elsewhere. Threads that wait sleep: on cores that other programs use too, spinning ones stall each other.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.files.extras import needed

if TYPE_CHECKING:
    from selfinstruct_chains.training.settings import Precision, TuneSettings

_CPU_INFO, _QUOTA = Path("/proc/cpuinfo"), Path("/sys/fs/cgroup/cpu.max")


class Processor(NamedTuple):
    """What is computed with."""

    device: str
    """ "cpu" or "cuda"."""
    precision: Precision
    threads: int
    why: str
    """Of the precision, in words."""

    def __str__(self) -> str:
        where = "the GPU" if self.device == "cuda" else f"the CPU, {self.threads} threads"
        return f"{where}, {self.precision} ({self.why})"


def cores(quota: str = "") -> int:
    """The cores that this process may use, at least 1.

    Args:
        quota: the text of a control group's `cpu.max`, microseconds of how many, as "150000 100000".
    """
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share, _, period = quota.partition(" ")
    return max(1, min(free, int(share) // int(period))) if share.isdecimal() and period.strip().isdecimal() else free


def cpu_precision(cpu_info: str) -> tuple[Precision, str]:
    """What suits a CPU, by the text of /proc/cpuinfo, and why."""
    if any("amx_bf16" in line.split() for line in cpu_info.splitlines() if line.startswith("flags")):
        return "bf16", "the CPU has AMX"
    return "fp32", "the CPU has no AMX"


def choose_processor(settings: TuneSettings) -> Processor:
    """What the settings ask for, and where they leave it open, what suits this machine.

    It sets how threads wait, which is read when torch is imported: call it before anything that imports it.

    Raises:
        ConfigError: torch is not installed.
    """
    threads = settings.threads or cores(_text(_QUOTA))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("TQDM_DISABLE", "1")  # of the bars of other libraries: what goes on is told by us
    torch = needed("torch", "train")
    if settings.device == "auto" and torch.cuda.is_available():
        found: tuple[Precision, str] = ("bf16", "a GPU") if torch.cuda.is_bf16_supported() else ("fp32", "an old GPU")
        device = "cuda"
    else:
        torch.set_num_threads(threads)
        found, device = cpu_precision(_text(_CPU_INFO)), "cpu"
    if settings.precision:
        found = settings.precision, "as asked for"
    return Processor(device, *found[:1], threads, found[1])


def is_main_process() -> bool:
    """Whether this is the process that speaks and writes; `accelerate launch` numbers them."""
    return os.environ.get("RANK", "0") == "0"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # another system
        return ""
