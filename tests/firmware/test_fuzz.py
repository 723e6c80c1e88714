"""A short run of the fuzzer; `make fuzz` runs it for a minute."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.firmware import seeds

RUNS = 2_000


def test_no_bytes_break_the_core(built: Path, tmp_path: Path) -> None:
    seeds.write(tmp_path / "corpus")
    fuzzed = subprocess.run(
        [str(built / "fuzz"), f"-runs={RUNS}", "-seed=1", "-max_len=2048", f"-artifact_prefix={tmp_path}/", "corpus"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert fuzzed.returncode == 0, fuzzed.stderr[-4000:]
    covered = [int(found) for found in re.findall(r"cov: (\d+)", fuzzed.stderr)]
    assert covered[-1] > 200  # the seeds get past the CRC: the state machine is reached, not only the parser
