# SPDX-License-Identifier: MIT
"""The groups of bench.py that measure the COM runtime."""

import subprocess

ONE = ["100", "200"]
MANY = ["100", "3200", "64"]


def apartments(bench):
    """a task that another apartment runs, against threads that wake each other"""
    program = bench.program("com_posts")
    rounds = ["300", "100"]
    bench.title("a task run in another apartment, on one processor, ns")
    seen = bench.alternate({
        "futex, two threads": ([bench.program("peer_futex")] + rounds, None),
        "by a thread of the MTA": ([program, "mta"] + rounds, None),
        "by an STA, pumped by poll()": ([program, "sta"] + rounds, None),
        "for an STA that waits": ([program, "pumps"] + rounds, None),
    })
    many = ["300", "10", "64"]
    bench.title("the same, 64 in flight, ns each")
    queued = bench.alternate({
        "by threads of the MTA": ([program, "mta"] + many, None),
        "by an STA, pumped by poll()": ([program, "sta"] + many, None),
    })
    floor = seen["futex, two threads"][0]
    bench.compare("apartment.mta", seen["by a thread of the MTA"][0] / floor)
    bench.compare("apartment.sta",
                  seen["by an STA, pumped by poll()"][0] / floor)
    bench.compare("apartment.waits", seen["for an STA that waits"][0] / floor)
    bench.compare("apartment.mta.64", queued["by threads of the MTA"][0])
    bench.compare("apartment.sta.64", queued["by an STA, pumped by poll()"][0])


def latency(bench):
    """one call in flight across apartments, on one processor"""
    program = bench.program("com_calls")
    bench.title("a call and its reply, one in flight, ns")
    cases = {"futex ping-pong": ([bench.program("peer_futex")] + ONE, None)}
    for places in ("sta-mta", "mta-sta", "sta-sta"):
        for how in ("async", "sync"):
            cases["%s, %s" % (places, how)] = ([program, places, how] + ONE,
                                               None)
    cases["libuv, uv_queue_work()"] = ([bench.program("peer_libuv")] + ONE,
                                       None)
    cases["GLib, g_task_run_in_thread()"] = ([bench.program("peer_gtask")]
                                             + ONE, None)
    seen = {name: numbers[0]
            for name, numbers in bench.alternate(cases).items()}
    floor = seen["futex ping-pong"]
    bench.compare("com.mta", seen["sta-mta, async"] / floor)
    bench.compare("com.sta", max(seen["mta-sta, async"],
                                 seen["sta-sta, async"]) / floor)
    bench.compare("com.of-libuv", seen["libuv, uv_queue_work()"]
                  / seen["sta-mta, async"])
    bench.compare("com.of-gtask", seen["GLib, g_task_run_in_thread()"]
                  / seen["sta-mta, async"])
    bench.compare("com.sync", max(
        seen[places + ", sync"] / seen[places + ", async"]
        for places in ("sta-mta", "mta-sta", "sta-sta")))


def throughput(bench):
    """64 calls in flight across apartments, on one processor"""
    program = bench.program("com_calls")
    bench.title("a call and its reply, 64 in flight, ns")
    cases = {places: ([program, places, "async"] + MANY, None)
             for places in ("sta-mta", "mta-sta", "sta-sta")}
    cases["libuv"] = ([bench.program("peer_libuv")] + MANY, None)
    cases["GLib"] = ([bench.program("peer_gtask")] + MANY, None)
    seen = {name: numbers[0]
            for name, numbers in bench.alternate(cases).items()}
    bench.compare("com.64.ns", seen["sta-mta"])
    bench.compare("com.64.of-libuv", seen["libuv"] / seen["sta-mta"])
    bench.compare("com.64.of-gtask", seen["GLib"] / seen["sta-mta"])


def arrays(bench):
    """1 MiB of [in] bytes, against a memcpy() of them"""
    program = bench.program("com_calls")
    bench.title("1 MiB to the server, ns")
    chunks = ["50", "10"]
    seen = bench.alternate({
        "memcpy()": ([program, "sta-mta", "memcpy"] + chunks, None),
        "sta-mta": ([program, "sta-mta", "array"] + chunks, None),
    })
    bench.compare("com.array", seen["memcpy()"][0] / seen["sta-mta"][0])


def pending(bench):
    """100,000 call objects that are pending"""
    count = "100000"
    output = subprocess.run([bench.program("com_calls"), "pending", count],
                            env=bench.folder.env, check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    print("\n%s pending call objects: %s bytes each" % (count, output.strip()))
    bench.compare("com.pending", float(output))


GROUPS = {
    "apartments": apartments,
    "com-latency": latency,
    "com-throughput": throughput,
    "com-arrays": arrays,
    "com-pending": pending,
}
