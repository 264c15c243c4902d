"""Times against an independent witness: Python's datetime and zoneinfo.

Every zone of the database, thousands of instants in as many forms: what Python writes must be read as the instant that
it was written from. TIME_FULL=1 runs the long form, TIME_SEED=n repeats a run.
"""

import datetime
import itertools
import os
import pathlib
import random
import subprocess
import zoneinfo

PROBE = pathlib.Path(__file__).resolve().parents[2] / "build" / "release" / "tests" / "support" / "time_probe"
FULL = os.environ.get("TIME_FULL") == "1"
SEED = int(os.environ.get("TIME_SEED", random.SystemRandom().randrange(1 << 32)))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
FIRST, LAST = -62135596800 + 2 * 86400, 253402300799 - 2 * 86400  # the years that Python has, and room for offsets
DAY = 86400
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
POPULAR = ["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
           "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "Europe/Dublin",
           "America/Caracas", "Asia/Tehran", "Antarctica/Troll", "Pacific/Chatham", "Etc/GMT+12"]


def ask(questions):
    lines = ["\t".join(str(column) for column in question) for question in questions]
    done = subprocess.run([PROBE], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=300,
                          check=True)
    answers = [line.split("\t") for line in done.stdout.split("\n")[:-1]]
    assert len(answers) == len(questions)
    return answers


def compare(questions, expected):
    answers = ask(questions)
    wrong = [(question, answer, wanted) for question, answer, wanted in zip(questions, answers, expected)
             if answer[:len(wanted)] != wanted]
    assert not wrong, f"TIME_SEED={SEED}: {len(wrong)} of {len(questions)}, the first: {wrong[:5]}"


def at(s, zone=datetime.timezone.utc):
    return (EPOCH + datetime.timedelta(seconds=s)).astimezone(zone)


def offset_s(moment):
    return int(moment.utcoffset().total_seconds())


def instant(local, zone):
    """Of what a clock shows, the first one if there are two: whole seconds."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(datetime.timezone.utc)
    return (moment - EPOCH) // datetime.timedelta(seconds=1)


def some_instant(rng):
    kind = rng.random()
    if kind < 0.1:
        return rng.randrange(FIRST, LAST)
    if kind < 0.2:  # around New Year and leap days
        year = rng.randrange(1971, 2110)
        day = rng.choice([(1, 1), (2, 28), (3, 1), (12, 31)])
        return int((datetime.datetime(year, *day, tzinfo=datetime.timezone.utc) - EPOCH).total_seconds()) + \
            rng.randrange(-DAY, DAY)
    return rng.randrange(-3000000000, 5000000000)


def changes(zone, year):
    """The instants at which a zone's offset changes in a year."""
    start = int((datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) - EPOCH).total_seconds())
    for low in range(start, start + 366 * DAY, 5 * DAY):
        high, before = low + 5 * DAY, offset_s(at(low, zone))
        if before == offset_s(at(high, zone)):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_s(at(middle, zone)) == before else (low, middle)
        yield high


def test_every_zone_is_as_python_has_it():
    rng = random.Random(SEED)
    questions, expected = [], []
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        instants = [some_instant(rng) for _ in range(200 if FULL else 25)]
        for year in rng.sample(range(1900, 2115), 60 if FULL else 8):
            for change in changes(zone, year):
                instants += [change - 1, change] + [change + rng.randrange(-9000, 9000) for _ in range(3)]
        for s in instants:
            moment = at(s, zone)
            questions.append(("at", name, s))
            expected.append([str(offset_s(moment)), moment.tzname()])
            local_s = s + offset_s(moment) + rng.choice([0, 0, -3600, 1800, 3600])
            local = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=local_s)
            questions.append(("local", name, local_s))
            expected.append([str(instant(local, zone))])
    compare(questions, expected)


def colon_offset(moment):
    total = offset_s(moment)
    sign, total = ("-", -total) if total < 0 else ("+", total)
    return f"{sign}{total // 3600:02}:{total // 60 % 60:02}" + (f":{total % 60:02}" if total % 60 else "")


def plain_offset(moment):
    return colon_offset(moment).replace(":", "")


def clock(m):
    return f"{m.hour:02}:{m.minute:02}:{m.second:02}"


def clock_12(m):
    return f"{m.hour % 12 or 12}:{m.minute:02}:{m.second:02} {'PM' if m.hour >= 12 else 'AM'}"


def date(m, separator="-"):
    return f"{m.year:04}{separator}{m.month:02}{separator}{m.day:02}"


def month(m):
    return MONTHS[m.month - 1]


# What writes a moment, and how many digits of a second it keeps: with the offset, then as the clock shows it.
ZONED = [
    (lambda m, ns: f"{date(m)}T{clock(m)}.{ns:09}{colon_offset(m)}", 9),
    (lambda m, ns: f"{date(m)}T{clock(m)},{ns // 1000:06}{plain_offset(m)}", 6),
    (lambda m, ns: f"{date(m)} {clock(m)}{plain_offset(m)}", 0),
    (lambda m, ns: f"{date(m)}_{clock(m)}.{ns // 10**8}{colon_offset(m)}", 1),
    (lambda m, ns: f"{date(m)} {clock(m)}.{ns // 10**6:03} {plain_offset(m)}", 3),
    (lambda m, ns: f"{date(m, '')}T{clock(m).replace(':', '')}{plain_offset(m)}", 0),
    (lambda m, ns: f"[{m.day:02}/{month(m)}/{m.year:04}:{clock(m)} {plain_offset(m)}]", 0),
    (lambda m, ns: f"{DAYS[m.weekday()]}, {m.day} {month(m)} {m.year:04} {clock(m)} {plain_offset(m)}", 0),
    (lambda m, ns: f"{DAYS[m.weekday()]} {month(m)} {m.day:2} {clock(m)} {m.year:04} {plain_offset(m)}", 0),
]
LOCAL = [
    (lambda m, ns: f"{date(m)} {clock(m)},{ns // 10**6:03}", 3),
    (lambda m, ns: f"{date(m, '/')} {clock(m)}", 0),
    (lambda m, ns: f"{date(m)}-{clock(m).replace(':', '.')}.{ns // 1000:06}", 6),
    (lambda m, ns: f"{date(m)} {m.hour:02}:{m.minute:02}", None),
    (lambda m, ns: f"{date(m, '')} {clock(m)}", 0),
    (lambda m, ns: "%04d-W%02d-%d " % tuple(m.isocalendar()) + clock(m), 0),
    (lambda m, ns: f"{m.year:04}-{m.timetuple().tm_yday:03}T{clock(m)}", 0),
    (lambda m, ns: f"{DAYS[m.weekday()]} {month(m)} {m.day:2} {clock(m)}.{ns // 1000:06} {m.year:04}", 6),
    (lambda m, ns: f"{month(m)} {m.day}, {m.year:04} {clock_12(m)}", 0),
    (lambda m, ns: f"{m.day:02}-{month(m)}-{m.year:04} {clock(m)}.{ns // 10**6:03}", 3),
    (lambda m, ns: f"{m.day} {month(m)} {m.year:04} {clock(m)}", 0),
    (lambda m, ns: f"{m.day:02}.{m.month:02}.{m.year:04} {clock(m)}", 0),
    (lambda m, ns: f"{m.month}/{m.day}/{m.year:04} {clock_12(m)}", 0),
    (lambda m, ns: f"{m.year:04} {month(m)} {m.day:2} {clock(m)}", 0),
]


def wanted(s, ns, digits, text):
    kept = 0 if not digits else ns // 10 ** (9 - digits) * 10 ** (9 - digits)
    return [str(s), str(kept), str(len(text))]


def test_what_python_writes_is_found():
    rng = random.Random(SEED + 1)
    questions, expected = [], []
    for _ in range(200000 if FULL else 20000):
        name = rng.choice(POPULAR) if rng.random() < 0.7 else rng.choice(ZONES)
        zone = zoneinfo.ZoneInfo(name)
        s, ns = some_instant(rng), rng.randrange(10**9)
        moment = at(s, zone)
        if rng.random() < 0.5:
            write, digits = rng.choice(ZONED)
            # Offsets of old local mean time have seconds, which not every form can say.
            if offset_s(moment) % 60:
                write, digits = ZONED[0]
            name = rng.choice(POPULAR)
        else:
            write, digits = rng.choice(LOCAL)
            if digits is None:
                moment = moment.replace(second=0)
                digits = 0
            s = instant(moment.replace(tzinfo=None), zone)
        text = write(moment, ns)
        questions.append(("scan", name, "-", text + rng.choice(["", " x", ": x", "] x", " 12 x"])))
        expected.append(wanted(s, ns, digits, text))
    compare(questions, expected)


def test_years_are_put_in():
    rng = random.Random(SEED + 2)
    questions, expected = [], []
    for _ in range(50000 if FULL else 10000):
        name = rng.choice(POPULAR)
        zone = zoneinfo.ZoneInfo(name)
        reference = some_instant(rng)
        # Written in the last eleven months, or a few days ahead by a wrong clock.
        s = reference - rng.randrange(-5 * DAY, 340 * DAY)
        if not FIRST < s < LAST:
            continue
        moment = at(s, zone)
        s = instant(moment.replace(tzinfo=None), zone)
        text = rng.choice([f"{month(moment)} {moment.day:2} {clock(moment)}",
                           f"I{moment.month:02}{moment.day:02} {clock(moment)}",
                           f"{moment.month:02}-{moment.day:02} {clock(moment)}"])
        questions.append(("scan", name, reference, text))
        expected.append([str(s), "0", str(len(text))])
    compare(questions, expected)


def test_a_day_is_put_in():
    rng = random.Random(SEED + 3)
    questions, expected = [], []
    for _ in range(5000):
        name = rng.choice(["UTC", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu"])
        s = rng.randrange(1000000000, 4000000000)
        reference = s + rng.randrange(-7000, 20 * 3600)
        text = clock(at(s, zoneinfo.ZoneInfo(name))) + ".5"
        questions.append(("scan", name, reference, text))
        expected.append([str(s), "500000000", str(len(text))])
    compare(questions, expected)


def test_what_strftime_writes_is_read_by_the_same_format():
    rng = random.Random(SEED + 4)
    dates = ["%Y-%m-%d", "%d/%b/%Y", "%d.%m.%Y", "%m/%d/%Y", "%b %d %Y", "%B %d, %Y", "%a %d %b %Y", "%A, %d-%B-%Y",
             "%Y%m%d", "%Y %j", "%j/%Y", "%G-W%V-%u", "%d%b%Y"]
    clocks = ["%H:%M:%S", "%H:%M:%S.%f", "%I:%M:%S %p", "%H.%M.%S,%f", "%H%M%S", "%T", "%I.%M.%S.%f%p"]
    zones = ["", "%z", " %z", " [%z]"]
    formats = ["".join(parts) for parts in itertools.product(dates, [" ", "T", " - "], clocks, zones)]
    questions, expected = [], []
    for _ in range(100000 if FULL else 10000):
        name = rng.choice(POPULAR)
        zone, form = zoneinfo.ZoneInfo(name), rng.choice(formats)
        moment = at(rng.randrange(-2000000000, 4000000000), zone).replace(microsecond=rng.randrange(10**6))
        if offset_s(moment) % 60:
            continue
        us = moment.microsecond if "%f" in form else 0
        if "%z" in form:
            s = (moment - EPOCH) // datetime.timedelta(seconds=1)
        else:
            s = instant(moment.replace(tzinfo=None, microsecond=0), zone)
        text = moment.strftime(form)
        questions.append(("format", name, "-", text, form))
        expected.append([str(s), str(us * 1000), str(len(text))])
    compare(questions, expected)


def test_java_patterns_read_the_same():
    rng = random.Random(SEED + 5)
    pairs = {
        "yyyy-MM-dd HH:mm:ss.SSSSSS": "%Y-%m-%d %H:%M:%S.%f",
        "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX": "%Y-%m-%dT%H:%M:%S.%f%z",
        "dd/MMM/yyyy:HH:mm:ss Z": "%d/%b/%Y:%H:%M:%S %z",
        "MMMM d, yyyy hh:mm:ss a": "%B %d, %Y %I:%M:%S %p",
        "EEE MMM dd HH:mm:ss yyyy": "%a %b %d %H:%M:%S %Y",
        "yyyyMMddHHmmssSSSSSS": "%Y%m%d%H%M%S%f",
        "yyyyDDD HHmmss": "%Y%j %H%M%S",
        "yyyy-MM-dd[ HH:mm:ss][.SSSSSS]": "%Y-%m-%d %H:%M:%S",
    }
    questions, expected = [], []
    for _ in range(5000):
        name = rng.choice(POPULAR)
        zone, (pattern, form) = zoneinfo.ZoneInfo(name), rng.choice(list(pairs.items()))
        moment = at(rng.randrange(0, 4000000000), zone).replace(microsecond=rng.randrange(10**6))
        if offset_s(moment) % 60:  # Liberia's, until 1972
            continue
        us = moment.microsecond if "%f" in form else 0
        s = (moment - EPOCH) // datetime.timedelta(seconds=1) if "%z" in form else \
            instant(moment.replace(tzinfo=None, microsecond=0), zone)
        text = moment.strftime(form)
        questions.append(("format", name, "-", text, pattern))
        expected.append([str(s), str(us * 1000), str(len(text))])
    compare(questions, expected)


def test_every_digit_of_an_epoch_counts():
    rng = random.Random(SEED + 6)
    questions, expected = [], []
    for _ in range(20000):
        s, ns = rng.randrange(10**9, 4 * 10**9), rng.randrange(10**9)
        unit, digits = rng.choice([("UNIX", 0), ("UNIX_MS", 3), ("UNIX_US", 6), ("UNIX_NS", 9)])
        number = str(s * 10**9 + ns)
        cut = len(number) - 9 + digits
        text = number[:cut] + ("." + number[cut:] if cut < len(number) else "")
        keep = rng.randrange(10)  # digits that are written of the fraction
        if "." in text and keep < 9 - digits:
            lost = 9 - digits - keep
            text = text[:-lost].rstrip(".")
            ns = ns // 10**lost * 10**lost
        questions.append(("format", "UTC", "-", text, unit))
        expected.append([str(s), str(ns), str(len(text))])
        if s >= 10**9:
            questions.append(("read", "Asia/Tokyo", "-", text))
            expected.append([str(s), str(ns), str(len(text))])
    compare(questions, expected)


def test_days_that_do_not_exist_are_refused():
    questions = []
    for year in (1900, 1999, 2000, 2023, 2024, 2100):
        for number in range(0, 14):
            for day in range(0, 33):
                try:
                    datetime.date(year, number, day)
                except ValueError:
                    questions.append(("scan", "UTC", "-", f"{year}-{number:02}-{day:02} 12:00:00"))
                    questions.append(("scan", "UTC", "-", f"{year}{number:02}{day:02}T120000Z"))
                    questions.append(("format", "UTC", "-", f"{year}-{number:02}-{day:02}", "%Y-%m-%d"))
                    questions.append(("format", "UTC", "-", f"{year}-{number:02}-{day:02}", "yyyy-MM-dd"))
                    if number and number < 13:
                        questions.append(("scan", "UTC", "-", f"{day:02}/{MONTHS[number - 1]}/{year}:12:00:00 +0000"))
    assert len(questions) > 1000
    compare(questions, [["impossible"]] * len(questions))
