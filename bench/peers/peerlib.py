"""What every peer's script needs: servers stopped by pid, their CPU and memory, result lines."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# An interrupted script must still stop its servers: SystemExit runs the `finally` blocks.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


# ---- processes ----------------------------------------------------------------------------------

def with_children(pid):
    pids = [pid]
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                for child in file.read().split():
                    pids += with_children(int(child))
    except OSError:
        pass  # it has ended
    return pids


def cpu_s(pids):
    """User and system seconds of the processes, their children and those they have reaped."""
    ticks = 0
    for root in pids:
        for pid in with_children(root):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                ticks += sum(int(field) for field in fields[11:15])
            except OSError:
                pass
    return ticks / TICKS_PER_S


def rss_mb(pid):
    kilobytes = 0
    for process in with_children(pid):
        try:
            with open(f"/proc/{process}/status") as file:
                for line in file:
                    if line.startswith("VmRSS"):
                        kilobytes += int(line.split()[1])
        except OSError:
            pass
    return round(kilobytes / 1024, 1)


def wait_for_port(port, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.3).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nothing listens on port {port} after {seconds} s")


def stop(processes):
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# ---- results ------------------------------------------------------------------------------------

def emit(result, out):
    line = json.dumps(result)
    print(line, flush=True)
    if out:
        with open(out, "a") as file:
            file.write(line + "\n")


def measure(command, pids, out, **extra):
    """Runs a load generator that prints one JSON line, and adds what the servers used meanwhile.

    It says "measuring" and "measured" on stderr; the servers' CPU counts between the two.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    at, complaints = {}, []
    for line in load.stderr:
        if line.strip() in ("measuring", "measured"):
            at[line.strip()] = (cpu_s(pids), time.time())
        else:
            complaints.append(line)
    output = load.stdout.read()
    if load.wait() != 0 or len(at) != 2:
        sys.exit(f"{command} failed: {output[-500:]}{''.join(complaints)[-800:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = json.loads(output.splitlines()[-1])
    server_cpu_s = at["measured"][0] - at["measuring"][0]
    wall_s = at["measured"][1] - at["measuring"][1]
    client_cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result.update(
        wall_s=round(wall_s, 2),
        server_cpu_s=round(server_cpu_s, 2),
        server_cpu_s_per_10k=round(server_cpu_s / max(1, result["ops"]) * 1e4, 3),
        client_cpu_s=round(client_cpu_s, 2),
        rss_mb=[rss_mb(pid) for pid in pids], **extra)
    emit(result, out)
    return result


def failover_result(path, killed_at_us):
    """From lines "begin end ok" of a load under which the leader was killed at that moment."""
    with open(path) as file:
        rows = [tuple(map(int, line.split())) for line in file if len(line.split()) == 3]
    rows.sort(key=lambda row: row[1])
    # What began right after the kill may still have been answered by a socket's buffer.
    first = next((end for begin, end, ok in rows if ok and begin > killed_at_us + 20_000), None)
    ends = sorted(end for _, end, ok in rows if ok)
    gaps = [later - earlier for earlier, later in zip(ends, ends[1:]) if later > killed_at_us]
    return {
        "first_write_after_kill_s": round((first - killed_at_us) / 1e6, 3) if first else None,
        "longest_gap_s": round(max(gaps, default=0) / 1e6, 3),
        "ok": len(ends),
        "failed": len(rows) - len(ends)}
