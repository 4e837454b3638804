# SPDX-License-Identifier: MIT
"""Writes CTF 1.8 traces that look like those of Belay's LTTng provider.

The layout is LTTng-UST's own (compact event headers, packets with their time
range, sequence number and counter of discarded events), so what reads these
reads real ones; but every time stamp, every loss and every kind of damage is
the test's to choose.
"""

import os
import struct
import uuid

REFUSALS = ("api", "pending", "policy")
PARTIES = ("application", "policy", "operator")
ANSWERS = ("canceled", "asked", "not-canceled", "complete", "error", "refused")
ENDINGS = ("succeeded", "failed", "canceled", "uncollected")
STATUS_KINDS = ("hresult", "errno", "api")
CANCEL_MODES = ("none", "finish-due", "is-end", "callback-inside")

# The fields of every event that `belay report` reads, in their order.
EVENTS = {
    "belay:begin": [("id", "u64"), ("operation", "string"), ("key", "x64"),
                    ("site", "x64"), ("thread", "u32"), ("args", "u64[]"),
                    ("text", "text8")],
    "belay:refuse": [("id", "u64"), ("operation", "string"),
                     ("reason", REFUSALS), ("status", "i32")],
    "belay:cancel": [("id", "u64"), ("turn", "u64"), ("by", PARTIES),
                     ("answer", ANSWERS), ("status", "i32")],
    "belay:complete": [("id", "u64"), ("outcome", ENDINGS), ("status", "i32"),
                       ("result", "i64"), ("duration_ns", "u64")],
    "belay:finish": [("id", "u64"), ("outcome", ENDINGS), ("status", "i32"),
                     ("result", "i64"), ("duration_ns", "u64"),
                     ("lag_ns", "u64")],
    "belay:process": [("name", "string"), ("pid", "u32"),
                      ("start_time", "u64"), ("seed", "u64"),
                      ("rules", "text16")],
    "belay:operation": [("pid", "u32"), ("number", "u32"), ("name", "string"),
                        ("status_kind", STATUS_KINDS),
                        ("cancel_mode", CANCEL_MODES),
                        ("arguments", "string")],
    "belay:module": [("pid", "u32"), ("base", "x64"), ("start", "x64"),
                     ("end", "x64"), ("path", "string"),
                     ("build_id", "string")],
    "belay:policy": [("id", "u64"), ("policy", "string"), ("rule", "u32"),
                     ("action", "string"), ("value", "u64")],
    "belay:server_enter": [("caller", "u64"), ("id", "u64"),
                           ("operation", "string"), ("site", "x64"),
                           ("thread", "u32"), ("pid", "u32")],
    "belay:server_exit": [("caller", "u64"), ("id", "u64"), ("status", "i32"),
                          ("duration_ns", "u64"), ("pid", "u32")],
    "other:tick": [("id", "u64"), ("text", "string")],
}

INTEGERS = {"u32": "<I", "i32": "<i", "u64": "<Q", "i64": "<q", "x64": "<Q"}

PREAMBLE = """/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
typealias integer { size = 5; align = 1; signed = false; } := uint5_t;
typealias integer { size = 27; align = 1; signed = false; } := uint27_t;
trace {
  major = 1; minor = 8; uuid = "%(uuid)s"; byte_order = le;
  packet.header := struct {
    uint32_t magic; uint8_t uuid[16]; uint32_t stream_id;
    uint64_t stream_instance_id;
  };
};
env { hostname = "%(host)s"; domain = "ust"; tracer_name = "lttng-ust";
      tracer_major = 2; tracer_minor = 13; };
clock {
  name = "monotonic"; uuid = "%(clock)s"; freq = 1000000000;
  offset = %(offset)d;
};
typealias integer { size = 27; align = 1; signed = false;
  map = clock.monotonic.value; } := uint27_clock_t;
typealias integer { size = 64; align = 8; signed = false;
  map = clock.monotonic.value; } := uint64_clock_t;
struct packet_context {
  uint64_clock_t timestamp_begin; uint64_clock_t timestamp_end;
  uint64_t content_size; uint64_t packet_size; uint64_t packet_seq_num;
  uint64_t events_discarded; uint32_t cpu_id;
};
struct event_header {
  enum : uint5_t { compact = 0 ... 30, extended = 31 } id;
  variant <id> {
    struct { uint27_clock_t timestamp; } compact;
    struct { uint32_t id; uint64_clock_t timestamp; } extended;
  } v;
} align(8);
"""

INTEGER = "integer { size = %d; align = 8; signed = %d; base = %d; %s}"
SIZES = {"u32": (32, 0, 10, ""), "i32": (32, 1, 10, ""),
         "u64": (64, 0, 10, ""), "i64": (64, 1, 10, ""),
         "x64": (64, 0, 16, ""), "u8": (8, 0, 10, ""),
         "char": (8, 1, 10, "encoding = UTF8; ")}


def declare(name, kind):
    """One field in CTF's metadata language, as LTTng names it."""
    if isinstance(kind, tuple):
        rows = ", ".join('"%s" = %d' % (w, i) for i, w in enumerate(kind))
        return "enum : uint8_t { %s } _%s;" % (rows, name)
    if kind == "string":
        return "string { encoding = UTF8; } _%s;" % name
    if kind == "u64[]":
        return "uint8_t __%s_length; %s _%s[ __%s_length ];" % (
            name, INTEGER % SIZES["u64"], name, name)
    if kind.startswith("text"):
        return "uint%s_t __%s_length; %s _%s[ __%s_length ];" % (
            kind[4:], name, INTEGER % SIZES["char"], name, name)
    return "%s _%s;" % (INTEGER % SIZES[kind], name)


def encode(kind, value):
    """The bytes of one field."""
    if isinstance(kind, tuple):
        if isinstance(value, str):
            value = kind.index(value)
        return struct.pack("<B", value)
    if kind == "string":
        return value.encode() + b"\0"
    if kind == "u64[]":
        return struct.pack("<B%dQ" % len(value), len(value), *value)
    if kind.startswith("text"):
        raw = value.encode()
        return struct.pack("<B" if kind == "text8" else "<H", len(raw)) + raw
    return struct.pack(INTEGERS[kind], value)


class Stream:
    """One stream file: what one processor's buffer of one channel holds."""

    PACKET = 1 << 16

    def __init__(self, trace, channel, cpu, name):
        self.trace, self.channel, self.cpu = trace, channel, cpu
        self.path = os.path.join(trace.path, name)
        self.file = open(self.path, "wb")
        self.sequence = 0
        self.discarded = 0
        self.last = None
        self.end = 0
        self.killed = False
        self._start()

    def _start(self):
        self.begin = None
        self.body = []
        self.size = 0

    def event(self, name, time, /, **fields):
        """Adds one event; a full packet is closed before it."""
        number, kinds = self.trace.classes[self.channel][name]
        payload = b"".join(encode(kind, fields[field])
                           for field, kind in kinds)
        self.raw(number, time, payload)

    def raw(self, number, time, payload):
        """Adds one event whose payload is encoded already."""
        if self.size + len(payload) + 128 > self.PACKET:
            self.packet()
        if self.begin is None:
            self.begin = time
            self.last = time
        if time - self.last < 1 << 27 and number < 31:
            header = struct.pack("<I", number | (time & 0x7FFFFFF) << 5)
        else:
            header = struct.pack("<BIQ", 31, number, time)
        self.last = time
        self.body += (header, payload)
        self.size += len(header) + len(payload)

    def discard(self, count):
        """Events that the tracer had no room for: the packet tells."""
        self.discarded += count

    def packet(self, begin=None, end=None):
        """Closes the packet; one without events needs its time range."""
        if self.begin is None and begin is None:
            return
        begin = self.begin if begin is None else begin
        end = self.last if end is None else end
        head = struct.pack("<I16sIQ", 0xC1FC1FC1, self.trace.uuid.bytes,
                           self.channel, self.cpu)
        content = len(head) + 52 + self.size
        total = (content + 4095) // 4096 * 4096
        context = struct.pack("<QQQQQQI", begin, end, content * 8, total * 8,
                              self.sequence, self.discarded, self.cpu)
        self.file.write(head + context + b"".join(self.body))
        self.file.write(b"\0" * (total - content))
        self.sequence += 1
        self.end = end
        self._start()

    def close(self, end):
        """Ends as LTTng does it when recording stops; `killed` prevents it."""
        if not self.killed and self.end < end:
            self.packet(begin=end, end=end)
        self.file.close()


class Trace:
    """A folder with a trace; channels is a list of lists of event names."""

    def __init__(self, path, channels=None, events=None, offset=0, host="h",
                 packets=False):
        self.path = path
        self.uuid = uuid.uuid4()
        self.streams = []
        self.classes = []
        os.makedirs(path)
        events = events or EVENTS
        channels = channels or [list(events)]
        text = PREAMBLE % {"uuid": self.uuid, "host": host, "offset": offset,
                           "clock": uuid.uuid4()}
        for channel, names in enumerate(channels):
            text += ("stream { id = %d; packet.context := struct "
                     "packet_context; event.header := struct event_header; };"
                     "\n" % channel)
            self.classes.append({})
            for number, name in enumerate(names):
                self.classes[channel][name] = (number, events[name])
                fields = " ".join(declare(*field) for field in events[name])
                text += ('event { name = "%s"; id = %d; stream_id = %d; '
                         "fields := struct { %s }; };\n"
                         % (name, number, channel, fields))
        with open(os.path.join(path, "metadata"), "wb") as file:
            file.write(self.metadata_packets(text) if packets
                       else text.encode())

    def metadata_packets(self, text):
        """The metadata as LTTng writes it: in packets of 4096 bytes."""
        raw, room = text.encode(), 4096 - 37
        packets = b""
        for at in range(0, len(raw), room):
            part = raw[at:at + room]
            packets += struct.pack("<I16sIIIBBBBB", 0x75D11D57,
                                   self.uuid.bytes, 0, (37 + len(part)) * 8,
                                   4096 * 8, 0, 0, 0, 1, 8)
            packets += part.ljust(room, b"\0")
        return packets

    def stream(self, cpu=0, channel=0):
        name = "channel%d_%d" % (channel, cpu)
        self.streams.append(Stream(self, channel, cpu, name))
        return self.streams[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for stream in self.streams:
            stream.packet()
        end = max((stream.end for stream in self.streams), default=0)
        for stream in self.streams:
            stream.close(end)


def call_id(pid, number):
    """The id of a process's n-th call."""
    return pid << 40 | number


class Process:
    """The events of one traced process, written to a stream of its own."""

    def __init__(self, stream, pid, start_time=1, name="/usr/bin/reader"):
        self.stream, self.pid = stream, pid
        self.start_time, self.name = start_time, name

    def start(self, time, operations=True, module=True, rules="", seed=7):
        self.stream.event("belay:process", time, name=self.name, pid=self.pid,
                          start_time=self.start_time, seed=seed, rules=rules)
        if operations:
            for number, name in enumerate(("aio.read", "aio.write"), 1):
                self.stream.event(
                    "belay:operation", time, pid=self.pid, number=number,
                    name=name, status_kind="errno", cancel_mode="finish-due",
                    arguments="fd:fd size:size offset:offset")
        if module:
            self.stream.event("belay:module", time, pid=self.pid,
                              base=0x400000, start=0x400000, end=0x500000,
                              path=self.name, build_id="0badcafe")

    def begin(self, time, number, operation="aio.read", site=0x401234,
              args=(3, 4096, 8192), text="", stream=None):
        (stream or self.stream).event(
            "belay:begin", time, id=call_id(self.pid, number),
            operation=operation, key=0x7FFF0000 + number, site=site,
            thread=self.pid, args=list(args), text=text)

    def refuse(self, time, number, reason="api", status=11,
               operation="aio.read"):
        self.stream.event("belay:refuse", time, id=call_id(self.pid, number),
                          operation=operation, reason=reason, status=status)

    def cancel(self, time, number, by="application", answer="canceled",
               status=0):
        self.stream.event("belay:cancel", time, id=call_id(self.pid, number),
                          turn=number, by=by, answer=answer, status=status)

    def act(self, time, number, rule, action, value=0):
        self.stream.event("belay:policy", time, id=call_id(self.pid, number),
                          policy="fault", rule=rule, action=action,
                          value=value)

    def enter(self, time, client, number, operation="aio.read",
              site=0x401234, thread=7):
        """This process begins to serve a call of another, or its own."""
        self.stream.event("belay:server_enter", time, caller=client.pid,
                          id=call_id(client.pid, number), operation=operation,
                          site=site, thread=thread, pid=self.pid)

    def exit(self, time, client, number, duration, status=0):
        self.stream.event("belay:server_exit", time, caller=client.pid,
                          id=call_id(client.pid, number), status=status,
                          duration_ns=duration, pid=self.pid)

    def complete(self, time, number, duration, outcome="succeeded", status=0,
                 result=4096):
        self.stream.event("belay:complete", time,
                          id=call_id(self.pid, number), outcome=outcome,
                          status=status, result=result, duration_ns=duration)

    def finish(self, time, number, duration, outcome="succeeded", status=0,
               result=4096, lag=0, stream=None):
        (stream or self.stream).event(
            "belay:finish", time, id=call_id(self.pid, number),
            outcome=outcome, status=status, result=result,
            duration_ns=duration, lag_ns=lag)
