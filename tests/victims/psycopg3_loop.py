# SPDX-License-Identifier: MIT
"""An asyncio program with psycopg 3: a query, and a timer that must not starve.

    psycopg3_loop.py SQL

Says what it got, what the next query got, how long the first took, and by how
much the timer was ever late.
"""

import asyncio
import sys
import time

import psycopg

TICK_S = 0.005


async def tick(late):
    while True:
        before = time.monotonic()
        await asyncio.sleep(TICK_S)
        late.append(time.monotonic() - before - TICK_S)


async def ask(connection, sql):
    try:
        cursor = await connection.execute(sql)
        return str(await cursor.fetchall())
    except psycopg.Error as error:
        return f"{type(error).__name__} {error.sqlstate}"


async def main():
    late = []
    ticker = asyncio.create_task(tick(late))
    connection = await psycopg.AsyncConnection.connect("", autocommit=True)
    before = time.monotonic()
    print(await ask(connection, sys.argv[1]))
    took = time.monotonic() - before
    print(await ask(connection, "select 'next'"))
    print("%.3f" % took)
    print("%.3f" % max(late, default=0))
    ticker.cancel()
    await connection.close()

asyncio.run(main())
