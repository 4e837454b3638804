# SPDX-License-Identifier: MIT
"""Uses psycopg (version 3) in the ways that programs do.

    psycopg3_scenes.py SCENE

Without its C part psycopg calls libpq through ctypes, which looks functions
up in the library itself.
"""

import asyncio
import sys

import psycopg


def attempt(connection, sql, *values):
    try:
        cursor = connection.execute(sql, *values)
        print(sql, cursor.fetchall() if cursor.description else
              cursor.rowcount)
    except psycopg.Error as error:
        print(sql, type(error).__name__, error.sqlstate, str(error).strip())


def synchronous():
    with psycopg.connect("", autocommit=True) as connection:
        attempt(connection, "select generate_series(1, %s::int)", (3,))
        attempt(connection, "select 1/0")
        attempt(connection, "create temp table t (n int)")
        with connection.cursor().copy("copy t from stdin") as copy:
            copy.write_row((1,))
        attempt(connection, "select * from t")
        with connection.pipeline():
            cursors = [connection.execute("select %s::int", (n,))
                       for n in range(5)]
        print([cursor.fetchall() for cursor in cursors])


async def talk():
    connection = await psycopg.AsyncConnection.connect("", autocommit=True)
    cursors = await asyncio.gather(*(connection.execute("select %s::int",
                                                        (n,))
                                     for n in range(5)))
    print([await cursor.fetchall() for cursor in cursors])
    await connection.close()


def asynchronous():
    asyncio.run(talk())


{"sync": synchronous, "async": asynchronous}[sys.argv[1]]()
