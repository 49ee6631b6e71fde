#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`pip install ./python` gives a module that works from anywhere. Usage: install_test.py PYTHON_DIRECTORY"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

place = Path(tempfile.mkdtemp(prefix="skep-python-"))
try:
    shutil.copytree(sys.argv[1], place / "python", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index",
                    "--target", place / "site", place / "python"], check=True)
    program = (f"import skep; o = skep.Kernel(cpus=1).load({os.environ['BENCH_OBJECTS'] + '/bench.bpf.o'!r}); "
               "print(skep.__file__, repr(o.programs['filter'].run().verdict))")
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=place,
                          env={**os.environ, "PYTHONPATH": str(place / "site")}).stdout
    assert str(place / "site") in said and "XDP_PASS (2)" in said, said
    assert list((place / "site").glob("skep-*.dist-info/entry_points.txt")), "the pytest plugin is not registered"
    assert (place / "site" / "skep" / "py.typed").exists()
finally:
    shutil.rmtree(place)
