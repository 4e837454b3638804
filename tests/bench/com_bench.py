# SPDX-License-Identifier: MIT
"""The groups of bench.py that measure the COM runtime."""


def apartments(bench):
    """a task that another apartment runs, against threads that wake each other"""
    program = bench.program("com_posts")
    rounds = ["300", "100"]
    bench.title("a task run in another apartment, on one processor, ns")
    seen = bench.alternate({
        "futex, two threads": ([program, "futex"] + rounds, None),
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


GROUPS = {
    "apartments": apartments,
}
