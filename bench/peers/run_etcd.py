#!/usr/bin/env python3
"""Three etcd servers on loopback under bounded closed-loop load; one JSON line per result.

Needs the packages etcd-server, golang-go and golang-etcd-server-dev, and the load generator that
`build` makes.
"""

import argparse
import json
import os
import shutil
import subprocess
import time
import urllib.request

import peerlib

NUMBERS = (1, 2, 3)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--bin", required=True, help="the folder that holds etcd_bench")
    parser.add_argument("--dir", default="peers-data", help="servers' data; must be a real disk")
    parser.add_argument("--out", help="append result lines to this file, too")
    parser.add_argument("--what", default="put,lock,contend,get", help="and failover")
    parser.add_argument("--c", default="1,16,64,256", help="clients; contend has 8")
    parser.add_argument("--conns", type=int, default=16, help="most connections")
    parser.add_argument("--warm", type=float, default=2, help="warm-up seconds")
    parser.add_argument("--secs", type=float, default=10, help="measured seconds")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--first-round", type=int, default=0, help="its number in the results")
    parser.add_argument("--all-nodes", action="store_true",
                        help="clients spread over all servers instead of asking the leader")
    parser.add_argument("--failovers", type=int, default=5)
    parser.add_argument("--failover-timeout-ms", type=int, default=500)
    return parser.parse_args()


class Cluster:
    def __init__(self, directory):
        self.directory = os.path.join(directory, "etcd")
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.processes = {}
        for number in NUMBERS:
            self.start(number, "new")

    def start(self, number, state):
        client, peer = f"http://127.0.0.1:2379{number}", f"http://127.0.0.1:2380{number}"
        members = ",".join(f"n{i}=http://127.0.0.1:2380{i}" for i in NUMBERS)
        with open(f"{self.directory}/n{number}.log", "a") as log:
            self.processes[number] = subprocess.Popen(
                ["etcd", f"--name=n{number}", f"--data-dir={self.directory}/n{number}",
                 f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
                 f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
                 f"--initial-cluster={members}", f"--initial-cluster-state={state}",
                 "--log-level=error"], stdout=subprocess.DEVNULL, stderr=log)

    def wait_until_ready(self):
        for number in NUMBERS:
            peerlib.wait_for_port(int(f"2379{number}"))
        while not self.leader():
            time.sleep(0.2)
        time.sleep(1)

    def leader(self):
        for number in NUMBERS:
            request = urllib.request.Request(
                f"http://127.0.0.1:2379{number}/v3/maintenance/status", data=b"{}",
                headers={"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=2) as answer:
                    status = json.load(answer)
            except OSError:
                continue
            if status.get("leader") and status["leader"] == status["header"]["member_id"]:
                return number
        return None

    def pids(self):
        return [process.pid for process in self.processes.values()]

    def remove(self):
        peerlib.stop(self.processes.values())
        shutil.rmtree(self.directory, ignore_errors=True)


def endpoints(cluster, arguments):
    asked = NUMBERS if arguments.all_nodes else [cluster.leader()]
    return "-endpoints=" + ",".join(f"127.0.0.1:2379{number}" for number in asked)


def run_load(cluster, arguments, workload, clients, number):
    command = [os.path.join(arguments.bin, "etcd_bench"), f"-workload={workload}", f"-c={clients}",
               f"-conns={arguments.conns}", f"-secs={arguments.secs}", f"-warm={arguments.warm}",
               endpoints(cluster, arguments)]
    peerlib.measure(command, cluster.pids(), arguments.out, round=number)


def run_failover(cluster, arguments, number):
    path = f"{cluster.directory}/failover.txt"
    everyone = "-endpoints=" + ",".join(f"127.0.0.1:2379{i}" for i in NUMBERS)
    with open(path, "w") as file:
        load = subprocess.Popen(
            [os.path.join(arguments.bin, "etcd_bench"), "-workload=failover", "-c=16", "-warm=0",
             "-secs=10", f"-failover-timeout-ms={arguments.failover_timeout_ms}", everyone],
            stdout=file, stderr=subprocess.DEVNULL)
        time.sleep(3)
        leader = cluster.leader()
        killed_at_us = time.time_ns() // 1000
        cluster.processes[leader].kill()
        cluster.processes[leader].wait()
        load.wait(60)
    peerlib.emit({"system": "etcd", "workload": "failover", "c": 16, "round": number,
                  **peerlib.failover_result(path, killed_at_us)}, arguments.out)
    cluster.start(leader, "existing")
    cluster.wait_until_ready()
    time.sleep(3)


def main():
    arguments = parse_arguments()
    workloads = arguments.what.split(",")
    cluster = Cluster(arguments.dir)
    try:
        cluster.wait_until_ready()
        for number in range(arguments.first_round, arguments.first_round + arguments.rounds):
            for workload in workloads:
                counts = [8] if workload == "contend" else map(int, arguments.c.split(","))
                for clients in counts if workload != "failover" else []:
                    run_load(cluster, arguments, workload, clients, number)
        for number in range(arguments.failovers if "failover" in workloads else 0):
            run_failover(cluster, arguments, number)
    finally:
        cluster.remove()


if __name__ == "__main__":
    main()
