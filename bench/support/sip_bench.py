# SPDX-License-Identifier: Apache-2.0
"""What the SIP benchmarks share: a daemon of their own, an application that answers, and SIPp."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_bytes(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1)) * 1024


class Daemon:
    """switchhookd and the answering application, in a folder of their own."""

    def __init__(self, build, keep=False, line_options="", answerer="bob", process="daemon"):
        self.build = build
        self.place = tempfile.mkdtemp(prefix="switchhook-bench.")
        self.port = free_port()
        self.socket = f"{self.place}/switchhook.sock"
        with open(f"{self.place}/switchhook.toml", "w") as f:
            f.write(f"[sip]\nport = {self.port}\nprocess = \"{process}\"\n{line_options}")
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [f"{build}/src/daemon/switchhookd", "--config", f"{self.place}/switchhook.toml",
             "--socket", self.socket, "--store", f"{self.place}/records.db",
             "--ready-fd", str(write)],
            pass_fds=[write], stdout=subprocess.DEVNULL,
            stderr=open(f"{self.place}/switchhookd.log", "w"))
        os.close(write)
        with os.fdopen(read) as ready:
            if not ready.readline():
                sys.exit(open(f"{self.place}/switchhookd.log").read() or "switchhookd did not start")
        self.answerer = None
        if answerer is None:
            return
        self.answerer = subprocess.Popen(
            [f"{build}/bench/sip_calls/bench_answerer", self.socket, answerer] +
            (["keep"] if keep else []), stdout=subprocess.PIPE, text=True)
        if self.answerer.stdout.readline().strip() != "ready":
            sys.exit("the answering application did not start")

    def pids(self):
        """Of the daemon, and of the SIP provider's process if there is one."""
        out = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        return [self.process.pid] + [int(pid) for pid in out.stdout.split()]

    def status(self, *options):
        out = subprocess.run([f"{self.build}/src/cli/switchhook", "--socket", self.socket, "audit",
                              *options], capture_output=True, text=True)
        return out.stdout.strip()

    def close(self):
        if self.answerer is not None:
            self.answerer.send_signal(signal.SIGTERM)
        self.process.send_signal(signal.SIGTERM)
        if self.answerer is not None:
            self.answerer.wait(30)
        status = self.process.wait(60)
        shutil.rmtree(self.place, ignore_errors=True)
        if status != 0:
            print(f"switchhookd ended with {status}")


def counted(out, label):
    """The total of one of SIPp's counters on its last screen; -1 = not there."""
    found = re.findall(label + r"\s+\|\s+\d+\s+\|\s+(\d+)", out)
    return int(found[-1]) if found else -1


def sipp_caller(port, rate, calls, hold_ms=0, limit=None, timeout=600):
    """Runs SIPp as caller; returns (successful, failed)."""
    command = ["sipp", "-sn", "uac", f"127.0.0.1:{port}", "-s", "bob", "-i", "127.0.0.1",
               "-p", str(free_port()), "-mp", str(free_port()), "-r", str(rate), "-m", str(calls),
               "-d", str(hold_ms), "-nostdin", "-trace_stat", "-stf", "/dev/null", "-fd", "3600",
               "-l", str(limit or max(2 * rate, calls)), "-timeout", f"{timeout}s"]
    out = subprocess.run(command, capture_output=True, text=True, timeout=timeout + 60).stdout
    return counted(out, "Successful call"), counted(out, "Failed call")


def sipp_callee():
    """SIPp's own answering machine; returns (process, port)."""
    port = free_port()
    process = subprocess.Popen(
        ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()),
         "-nostdin"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    return process, port
