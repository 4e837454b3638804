# SPDX-License-Identifier: MIT
"""Uses psycopg2 in the ways that programs do: psycopg2_scenes.py SCENE

Says what it got, so that two runs can be compared. psycopg2's C part loads
libpq with RTLD_LOCAL, as every Python extension does.
"""

import select
import sys
import threading

import psycopg2
import psycopg2.extensions as extensions


def attempt(cursor, sql, *values):
    try:
        cursor.execute(sql, *values)
        print(sql, cursor.fetchall() if cursor.description else
              cursor.rowcount)
    except psycopg2.Error as error:
        print(sql, type(error).__name__, error.pgcode, str(error).strip())


def synchronous():
    connection = psycopg2.connect("")
    cursor = connection.cursor()
    attempt(cursor, "select generate_series(1, %s)", (3,))
    attempt(cursor, "select 1/0")
    connection.rollback()
    attempt(cursor, "create temp table t (n int)")
    attempt(cursor, "insert into t values (1), (2)")
    with connection.cursor("named") as named:
        named.execute("select * from t")
        print(named.fetchall())
    connection.commit()
    connection.close()
    try:
        psycopg2.connect("dbname=nowhere")
    except psycopg2.OperationalError as error:
        print(str(error).strip())


def wait(connection):
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        if state == extensions.POLL_READ:
            select.select([connection], [], [], 20)
        else:
            select.select([], [connection], [], 20)


def asynchronous():
    connection = psycopg2.connect("", async_=True)
    wait(connection)
    cursor = connection.cursor()
    for sql in ("select pg_sleep(0.05), 1", "select 1/0", "select 2"):
        try:
            cursor.execute(sql)
            wait(connection)
            print(sql, cursor.fetchall())
        except psycopg2.Error as error:
            print(sql, type(error).__name__, error.pgcode)
    connection.close()


def cancel_from_thread():
    connection = psycopg2.connect("")
    watcher = psycopg2.connect("")
    watcher.autocommit = True
    pid = connection.get_backend_pid()

    def cancel():
        cursor = watcher.cursor()
        state = ("",)
        while "sleep" not in state[0]:
            cursor.execute("select query from pg_stat_activity where pid = %s"
                           " and state = 'active'", (pid,))
            state = cursor.fetchone() or ("",)
        connection.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    cursor = connection.cursor()
    attempt(cursor, "select pg_sleep(60)")
    thread.join()
    connection.rollback()
    attempt(cursor, "select 1")


{"sync": synchronous, "async": asynchronous,
 "cancel": cancel_from_thread}[sys.argv[1]]()
