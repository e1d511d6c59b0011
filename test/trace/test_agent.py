#!/usr/bin/env python3
"""Has Datadog's own test agent (ddapm-test-agent, of PyPI) judge what pawl sends.

    test_agent.py install DIR        makes a virtual environment with it; exit 1 where there is none
    test_agent.py run DIR BUILD_DIR  runs BUILD_DIR/test/test-agent-client against it, over TCP and a
                                     Unix socket; the last line is `N passed, N failed`

The test agent checks the headers and the types of each request, and answers what is wrong with an
error. Nothing here takes longer than two minutes.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv

INSTALL_SECONDS = 120
START_SECONDS = 30
CHECKS = ["trace_count_header", "meta_tracer_version_header", "trace_content_length", "trace_dd_service"]

NAMES = {
    "http.request",
    "rag.retrieval",
    "prompt.render",
    "llm.request",
    "tool.call",
    "output.validation",
    "eval.score",
}


def install(directory):
    if (directory / "bin" / "ddapm-test-agent").exists():
        return
    venv.create(directory, with_pip=True, clear=True)
    pip = [directory / "bin" / "pip", "--disable-pip-version-check", "--timeout", "10"]
    pip += ["install", "--quiet", "--retries", "1", "ddapm-test-agent"]
    subprocess.run(pip, check=True, timeout=INSTALL_SECONDS)


def free_ports(count):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def get(port, path):
    # A proxy of the environment is not for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith((b"{", b"[")) else None


def is_up(port):
    try:
        get(port, "/info")
        return True
    except OSError:
        return False


@contextlib.contextmanager
def test_agent(directory, work):
    """Gives the port of one that runs; another may have taken the ports in between."""
    for _ in range(3):
        port, http, grpc = free_ports(3)
        command = [directory / "bin" / "ddapm-test-agent", "--host", "127.0.0.1"]
        command += ["--port", port, "--otlp-http-port", http, "--otlp-grpc-port", grpc]
        command += ["--trace-uds-socket", work / "apm.socket", "--disable-llmobs-data-forwarding"]
        environment = {"PATH": os.environ["PATH"], "ENABLED_CHECKS": ",".join(CHECKS)}
        with open(work / "log", "wb") as log:
            words = [str(word) for word in command]
            agent = subprocess.Popen(words, stdout=log, stderr=log, cwd=work, env=environment)
        try:
            give_up = time.monotonic() + START_SECONDS
            while agent.poll() is None and time.monotonic() < give_up and not is_up(port):
                time.sleep(0.1)
            if agent.poll() is None and is_up(port):
                yield port
                return
        finally:
            agent.kill()
            agent.wait()
    raise RuntimeError("the test agent does not start:\n" + (work / "log").read_text())


def sent(port, path):
    """The requests that arrived at a path."""
    requests = get(port, "/test/session/requests")
    return [request for request in requests if request["url"].split("?")[0].endswith(path)]


def failed_checks(port):
    """How many requests or traces failed each of the test agent's own checks."""
    summary = get(port, "/test/trace_check/summary?return_all=true")
    return {name: summary[name]["Failed_Checks"] for name in CHECKS if name in summary}


def judge(port, client, url):
    """Yields what was looked at and whether it is as it should be."""
    get(port, "/test/session/clear")
    ran = subprocess.run([client, url], timeout=30)
    yield "everything is accepted", ran.returncode == 0
    yield "no check failed", failed_checks(port) == dict.fromkeys(CHECKS, 0)
    traces = get(port, "/test/session/traces")
    yield "three traces of seven spans", sorted(len(trace) for trace in traces) == [7, 7, 7]
    names = {span["name"] for trace in traces for span in trace}
    yield "their names", names == NAMES
    spans = [span for trace in traces for span in trace]
    yield "their tags", all(span["meta"]["env"] == "test" for span in spans)
    yield "their errors", sum(span["error"] for span in spans) == 3
    rode = [span for span in spans if "_llmobs" in span.get("meta_struct", {})]
    posted = sent(port, "/evp_proxy/v2/api/v2/llmobs")
    yield "the events, by one of the two roads", (len(rode) > 0) != (len(posted) > 0)
    path = "/evp_proxy/v2/api/intake/llm-obs/v2/eval-metric"
    yield "the evaluations, in one request", len(sent(port, path)) == 1


def run(directory, build):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        with test_agent(directory, work) as port:
            for url in (f"http://127.0.0.1:{port}", f"unix://{work}/apm.socket"):
                for what, good in judge(port, build / "test" / "test-agent-client", url):
                    print(f"{'ok' if good else 'FAILED'}: {what} ({url.split(':')[0]})")
                    passed += good
                    failed += not good
        if failed:
            print((work / "log").read_text())
    print(f"{passed} passed, {failed} failed")
    return failed != 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "install":
        try:
            install(pathlib.Path(arguments[1]).absolute())
            return 0
        except (OSError, subprocess.SubprocessError) as error:
            print(f"no test agent here: {error}")
            return 1
    if len(arguments) == 3 and arguments[0] == "run":
        return run(pathlib.Path(arguments[1]).absolute(), pathlib.Path(arguments[2]).absolute())
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))
