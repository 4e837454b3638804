# SPDX-License-Identifier: MIT
"""An asyncio program with psycopg2: a query, and a timer that must not starve.

    psycopg_loop.py SQL

Says what it got, how long the query took and by how much the timer was ever
late.
"""

import asyncio
import sys
import time

import psycopg2
import psycopg2.extensions as extensions

TICK_S = 0.005


async def ready(connection):
    """psycopg2's way to be waited for."""
    loop = asyncio.get_running_loop()
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        woken = asyncio.Event()
        if state == extensions.POLL_READ:
            loop.add_reader(connection.fileno(), woken.set)
            await woken.wait()
            loop.remove_reader(connection.fileno())
        else:
            loop.add_writer(connection.fileno(), woken.set)
            await woken.wait()
            loop.remove_writer(connection.fileno())


async def tick(late):
    while True:
        before = time.monotonic()
        await asyncio.sleep(TICK_S)
        late.append(time.monotonic() - before - TICK_S)


async def main():
    late = []
    ticker = asyncio.create_task(tick(late))
    connection = psycopg2.connect("", async_=True)
    await ready(connection)
    cursor = connection.cursor()
    before = time.monotonic()
    try:
        cursor.execute(sys.argv[1])
        await ready(connection)
        print(cursor.fetchall())
    except psycopg2.Error as error:
        print(type(error).__name__, error.pgcode)
    print("%.3f" % (time.monotonic() - before))
    print("%.3f" % max(late, default=0))
    ticker.cancel()

asyncio.run(main())
