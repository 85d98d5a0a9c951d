"""A real server for the tests: the `hallmark` binary, with a data folder of its own and keys for two tenants."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

from hallmark import Client, Model

ROOT = Path(__file__).resolve().parents[3]
DIGITS = ROOT / "examples" / "digits"
BINARY = Path(os.environ.get("CLIENT_TEST_PROGRAM", ROOT / "target" / "release" / "hallmark"))
PATIENCE_S = 300


@dataclass(frozen=True)
class Server:
    """A running server and the keys to it."""

    url: str
    alice: str
    bob: str
    admin: str


def hallmark(*arguments: str) -> Any:
    """Runs the command line and reads its JSON."""
    command = [str(BINARY), "--quiet", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not BINARY.is_file():
        pytest.fail(f"{BINARY} is not there: build it with `cargo build --release`, or set CLIENT_TEST_PROGRAM")
    folder = tmp_path_factory.mktemp("server")
    place = ["--data", str(folder / "data")]
    keys = [
        hallmark("keys", "create", "--init", tenant, "--scopes", scopes, *place)["key"]
        for tenant, scopes in (
            ("alice", "read,predict,prove"),
            ("bob", "read,predict,prove"),
            ("audit", "read,admin"),
        )
    ]
    log = (folder / "log").open("w")
    command = [str(BINARY), "--json", "serve", "--bind", "127.0.0.1:0", *place]
    command += ["--set", "webhooks.allow_private=true", "--set", "telemetry.log=trace"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "log").read_text()
        yield Server(json.loads(line)["url"], *keys)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
    text = (folder / "log").read_text()
    for key in keys:
        assert key not in text and key.rsplit("_", 1)[-1] not in text, "a key is in the log"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, server.alice) as client:
        yield client


@pytest.fixture(scope="session")
def digits(server: Server) -> Model:
    """The CNN that every server registers at its first start, as Alice's own upload: the same model."""
    with Client(server.url, server.alice) as client:
        return client.models.upload(
            DIGITS / "cnn.onnx",
            calibration=DIGITS / "calibration.npz",
            name="digits",
            version="test",
            tags=["tests"],
            timeout_s=PATIENCE_S,
        )


@pytest.fixture(scope="session")
def images() -> Any:
    return numpy.load(DIGITS / "test.npz")["image"]


@pytest.fixture(scope="session")
def labels() -> Any:
    return numpy.load(DIGITS / "test.npz")["label"]
