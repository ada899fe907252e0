"""A hundred small functions that are published nowhere else: beginnings that no corpus has, and one way on.

`tools/cut_prompts.py` cuts each behind its docstring: what stands above becomes a prompt of
contracts/data/python-prompts-100.jsonl, what stands below a continuation that is known to be right.
"""

# ruff: noqa


def tidal_offset(hour, moon_age):
    """Return how many minutes the tide is late at this hour for a moon of this age in days."""
    cycle = (moon_age % 29.53) / 29.53
    return round(50 * cycle * (hour / 24))


def fold_ledger(entries):
    """Add up a list of (account, cents) pairs into a dict of account to cents."""
    total = {}
    for account, cents in entries:
        total[account] = total.get(account, 0) + cents
    return total


def crate_label(row: int, shelf: str, fragile: bool = False) -> str:
    """Write the label of a crate: row, shelf and, if it is fragile, an exclamation mark."""
    label = f"{row:03d}-{shelf.upper()}"
    return label + "!" if fragile else label


def longest_dry_spell(rain):
    """Return the length of the longest run of days on which no rain fell.

    rain: millimetres for each day.
    """
    longest = current = 0
    for amount in rain:
        current = current + 1 if amount == 0 else 0
        longest = max(longest, current)
    return longest


def swap_ends(word):
    """Return the word with its first and last letters exchanged."""
    if len(word) < 2:
        return word
    return word[-1] + word[1:-1] + word[0]


def ferry_loads(cars, capacity):
    """Split a list of car lengths into ferries, in order, none longer than capacity."""
    loads, current = [], []
    for length in cars:
        if current and sum(current) + length > capacity:
            loads.append(current)
            current = []
        current.append(length)
    if current:
        loads.append(current)
    return loads


def is_valid_locker(code: str) -> bool:
    """A locker code is two letters, a dash and four digits that do not start with zero."""
    letters, dash, digits = code.partition("-")
    if len(letters) != 2 or not letters.isalpha() or not dash:
        return False
    return len(digits) == 4 and digits.isdigit() and digits[0] != "0"


def mean_of_middle(values):
    """Average of the values without the smallest and the largest one.

    Raises ValueError where fewer than three are given.
    """
    if len(values) < 3:
        raise ValueError("at least three values are needed")
    middle = sorted(values)[1:-1]
    return sum(middle) / len(middle)


def braid(left, right):
    """Interleave two lists, beginning with left; what is left over comes at the end."""
    result = []
    for a, b in zip(left, right):
        result += [a, b]
    shared = min(len(left), len(right))
    return result + left[shared:] + right[shared:]


def parse_knitting(pattern):
    """Turn a pattern like 'k3 p2' into a list of (stitch, count) tuples."""
    stitches = []
    for word in pattern.split():
        stitches.append((word[0], int(word[1:])))
    return stitches


def frost_days(readings: dict[str, float]) -> list[str]:
    """Dates whose lowest temperature was below freezing, in order."""
    return sorted(date for date, lowest in readings.items() if lowest < 0.0)


def bell_changes(count):
    """Yield every order in which `count` bells can be rung once each."""
    import itertools

    for order in itertools.permutations(range(1, count + 1)):
        yield list(order)


def postage(grams, abroad=False):
    """Price of a letter in cents: 85 up to 20 g, 100 up to 50 g, 160 up to 500 g; abroad 40 more.

    Returns None for what is too heavy.
    """
    for limit, price in ((20, 85), (50, 100), (500, 160)):
        if grams <= limit:
            return price + (40 if abroad else 0)
    return None


def count_ribbons(colours, wanted):
    """How often the wanted colour appears, whatever its case."""
    return sum(1 for colour in colours if colour.lower() == wanted.lower())


def rotate_grid(grid):
    """Turn a rectangular grid (a list of rows) a quarter to the right."""
    return [list(column) for column in zip(*grid[::-1])]


def first_gap(numbers):
    """The smallest whole number from 1 upward that is not in the list."""
    present = set(numbers)
    candidate = 1
    while candidate in present:
        candidate += 1
    return candidate


def mask_plate(plate: str) -> str:
    """Replace all but the last three characters of a number plate by stars."""
    hidden = max(len(plate) - 3, 0)
    return "*" * hidden + plate[hidden:]


class OrchardRow:
    """A row of trees, each with the kilograms that it bore."""

    def __init__(self, harvest):
        self.harvest = list(harvest)

    def best_tree(self):
        """Index of the tree that bore most; the first of several."""
        best = max(self.harvest)
        return self.harvest.index(best)


def semaphore(letter):
    """Two flag positions, 0 to 7, of a letter between a and g; a KeyError for others."""
    table = {"a": (0, 1), "b": (0, 2), "c": (0, 3), "d": (0, 4), "e": (0, 5), "f": (0, 6), "g": (0, 7)}
    return table[letter.lower()]


def hours_between(start, end):
    """Hours from start to end, both 'HH:MM' on one day, as a float."""
    def minutes(text):
        hours, rest = text.split(":")
        return int(hours) * 60 + int(rest)

    return (minutes(end) - minutes(start)) / 60


def drop_repeats(items):
    """Copy of the list in which an item that equals the one before it is left out."""
    kept = []
    for item in items:
        if not kept or kept[-1] != item:
            kept.append(item)
    return kept


def voltage_class(volts: float) -> str:
    """Name the class: 'low' under 50, 'mains' under 1000, else 'high'."""
    if volts < 50:
        return "low"
    if volts < 1000:
        return "mains"
    return "high"


def merge_shifts(shifts):
    """Join shifts (start, end) that overlap or touch, in order of their start."""
    merged = []
    for start, end in sorted(shifts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def initials(name):
    """'ada king lovelace' becomes 'A.K.L.'."""
    return "".join(part[0].upper() + "." for part in name.split())


def read_gauge(path):
    """Read a file of one number a line and return the last of them, or None where it is empty."""
    last = None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                last = float(line)
    return last


def compost_ratio(green, brown):
    """Ratio of brown to green matter; ZeroDivisionError is turned into ValueError."""
    try:
        return brown / green
    except ZeroDivisionError:
        raise ValueError("there is no green matter") from None


def pad_columns(rows):
    """Lines of text in which every column of the rows is as wide as its widest cell."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    return ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def is_palindromic_date(day, month, year):
    """Whether DDMMYYYY reads the same backwards."""
    digits = f"{day:02d}{month:02d}{year:04d}"
    return digits == digits[::-1]


def nested_depth(value):
    """How deep lists are nested in the value: 0 for what is no list."""
    if not isinstance(value, list):
        return 0
    return 1 + max((nested_depth(item) for item in value), default=0)


def apply_discounts(price: float, *discounts: float) -> float:
    """Price after each discount, a fraction between 0 and 1, taken one after the other."""
    for discount in discounts:
        price *= 1 - discount
    return round(price, 2)


def seat_map(rows, seats, taken):
    """Text with a line for each row: '.' for a free seat and 'x' for a taken one (row, seat)."""
    lines = []
    for row in range(rows):
        lines.append("".join("x" if (row, seat) in taken else "." for seat in range(seats)))
    return "\n".join(lines)


def vowel_runs(text):
    """All runs of two or more vowels in the text, lower case."""
    import re

    return re.findall(r"[aeiou]{2,}", text.lower())


def next_leap_year(year):
    """The first leap year after the given one."""
    year += 1
    while not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        year += 1
    return year


def invert(mapping):
    """Swap keys and values; values that occur twice are collected in lists."""
    result = {}
    for key, value in mapping.items():
        result.setdefault(value, []).append(key)
    return result


def sluice_opening(level, low=1.5, high=3.0):
    """Fraction by which the sluice opens: 0 below low, 1 above high, linear between."""
    if level <= low:
        return 0.0
    if level >= high:
        return 1.0
    return (level - low) / (high - low)


def chess_distance(a, b):
    """Moves that a king needs from square a to square b, such as 'e4'."""
    files = abs(ord(a[0]) - ord(b[0]))
    ranks = abs(int(a[1]) - int(b[1]))
    return max(files, ranks)


def tally(votes):
    """Winner of the votes, or None if two share the first place."""
    from collections import Counter

    ranked = Counter(votes).most_common(2)
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
        return None
    return ranked[0][0] if ranked else None


def strip_comments(lines):
    """Lines of a configuration without what follows '#', and without blank ones."""
    kept = []
    for line in lines:
        content = line.split("#", 1)[0].strip()
        if content:
            kept.append(content)
    return kept


def moving_sum(values, width):
    """Sums of each `width` neighbours; an empty list where there are fewer."""
    if width > len(values):
        return []
    window = sum(values[:width])
    sums = [window]
    for index in range(width, len(values)):
        window += values[index] - values[index - width]
        sums.append(window)
    return sums


def roman_to_int(numeral: str) -> int:
    """Value of a Roman numeral, with IV, IX, XL and so on."""
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    total = 0
    for current, following in zip(numeral, numeral[1:] + " "):
        value = values[current]
        total += -value if values.get(following, 0) > value else value
    return total


def lantern_schedule(sunset, nights):
    """List of lighting times: the first at sunset (minutes), each night two minutes earlier."""
    return [sunset - 2 * night for night in range(nights)]


def balanced(text):
    """Whether round, square and curly brackets in the text match."""
    pairs = {")": "(", "]": "[", "}": "{"}
    stack = []
    for character in text:
        if character in pairs.values():
            stack.append(character)
        elif character in pairs:
            if not stack or stack.pop() != pairs[character]:
                return False
    return not stack


def group_by_length(words):
    """Dict from a length to the words of that length, in their order."""
    groups = {}
    for word in words:
        groups.setdefault(len(word), []).append(word)
    return groups


def warmest_week(temperatures):
    """Index of the first day of the seven in a row with the highest mean.

    Raises ValueError for fewer than seven days.
    """
    if len(temperatures) < 7:
        raise ValueError("seven days are needed")
    sums = [sum(temperatures[i : i + 7]) for i in range(len(temperatures) - 6)]
    return sums.index(max(sums))


def bake_minutes(grams, fan_oven=True):
    """Twenty minutes and four for each started 100 g; a tenth longer without a fan."""
    minutes = 20 + 4 * -(-grams // 100)
    return minutes if fan_oven else minutes * 1.1


def slug(title):
    """Title in lower case, words joined by dashes, everything but letters and digits gone."""
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    return "-".join(words)


def split_bill(total, people):
    """Whole cents that each of the people pays; the first ones pay the cents that remain."""
    share, rest = divmod(total, people)
    return [share + 1] * rest + [share] * (people - rest)


def transpose_chord(chord, steps):
    """Move a chord name such as 'F#m' up by semitones; sharps only."""
    notes = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    length = 2 if chord[1:2] == "#" else 1
    index = (notes.index(chord[:length]) + steps) % 12
    return notes[index] + chord[length:]


def running_balance(amounts, start=0):
    """Yield the balance after each amount."""
    balance = start
    for amount in amounts:
        balance += amount
        yield balance


def elevation_gain(profile):
    """Sum of all climbs along a profile of heights."""
    return sum(max(after - before, 0) for before, after in zip(profile, profile[1:]))


def caesar(text: str, shift: int) -> str:
    """Shift the letters of the alphabet, keep case and everything else."""
    shifted = []
    for c in text:
        if c.isascii() and c.isalpha():
            base = ord("a") if c.islower() else ord("A")
            shifted.append(chr((ord(c) - base + shift) % 26 + base))
        else:
            shifted.append(c)
    return "".join(shifted)


def crop_rotation(fields, years):
    """For each year the crops of all fields, which move on by one field a year."""
    plan = []
    for year in range(years):
        cut = year % len(fields)
        plan.append(fields[cut:] + fields[:cut])
    return plan


def smallest_box(items, boxes):
    """The smallest of the boxes that holds as many items, or None."""
    fitting = [box for box in boxes if box >= items]
    return min(fitting) if fitting else None


def parse_duration(text):
    """Seconds of a text like '1h30m' or '45s'; ValueError for anything else."""
    units = {"h": 3600, "m": 60, "s": 1}
    seconds, digits = 0, ""
    for c in text:
        if c.isdigit():
            digits += c
        elif c in units and digits:
            seconds += int(digits) * units[c]
            digits = ""
        else:
            raise ValueError(text)
    if digits or not text:
        raise ValueError(text)
    return seconds


def checker(width, height):
    """A checkerboard as strings of '#' and ' ', dark at the top left."""
    return ["".join("#" if (x + y) % 2 == 0 else " " for x in range(width)) for y in range(height)]


def loan_years(amount, rate, payment):
    """Full years until a loan is paid back; None where the payment does not cover the interest."""
    years = 0
    while amount > 0:
        interest = amount * rate
        if payment <= interest:
            return None
        amount += interest - payment
        years += 1
    return years


def stable_partition(items, test):
    """Two lists: items for which the test holds, and the others, each in order."""
    yes, no = [], []
    for item in items:
        (yes if test(item) else no).append(item)
    return yes, no


def middle_name(full_name):
    """What stands between first and last name, or an empty string."""
    parts = full_name.split()
    return " ".join(parts[1:-1])


def heat_index(celsius, humidity):
    """'comfortable', 'sticky' from 27 degrees and 60 percent, 'dangerous' from 35 and 60."""
    if humidity >= 60 and celsius >= 35:
        return "dangerous"
    if humidity >= 60 and celsius >= 27:
        return "sticky"
    return "comfortable"


def encode_runs(text):
    """Run-length encoding: 'aab' becomes [('a', 2), ('b', 1)]."""
    runs = []
    for c in text:
        if runs and runs[-1][0] == c:
            runs[-1] = (c, runs[-1][1] + 1)
        else:
            runs.append((c, 1))
    return runs


def decode_runs(runs):
    """The text of a run-length encoding [(character, count)]."""
    return "".join(character * count for character, count in runs)


def triangle_kind(a, b, c):
    """'equilateral', 'isosceles', 'scalene', or 'none' where the sides do not meet."""
    a, b, c = sorted((a, b, c))
    if a <= 0 or a + b <= c:
        return "none"
    return {1: "equilateral", 2: "isosceles", 3: "scalene"}[len({a, b, c})]


def closest_station(position, stations):
    """Name of the station nearest to a position (x, y); stations maps names to positions."""
    def squared(name):
        x, y = stations[name]
        return (x - position[0]) ** 2 + (y - position[1]) ** 2

    return min(stations, key=squared)


def bottle_crates(bottles: int, per_crate: int = 12) -> tuple[int, int]:
    """Full crates and single bottles."""
    return divmod(bottles, per_crate)


def common_prefix(words):
    """Longest text with which all words begin."""
    if not words:
        return ""
    shortest = min(words, key=len)
    for length in range(len(shortest), 0, -1):
        if all(word.startswith(shortest[:length]) for word in words):
            return shortest[:length]
    return ""


def dial(number, blocked=()):
    """Digits of a phone number without spaces and dashes; PermissionError if it is blocked."""
    digits = "".join(c for c in number if c.isdigit())
    if digits in blocked:
        raise PermissionError(digits)
    return digits


def snow_load(depth_cm, wet=False):
    """Load in kilograms a square metre: 1 per cm of powder, 4 per cm of wet snow."""
    return depth_cm * (4 if wet else 1)


def rank_of(score, scores):
    """Place of a score among all, 1 for the best; equal scores share the better place."""
    return 1 + sum(other > score for other in scores)


def unpack(nested):
    """Yield all that is no list or tuple from a nested structure, left to right."""
    for item in nested:
        if isinstance(item, (list, tuple)):
            yield from unpack(item)
        else:
            yield item


def alternate_case(sentence):
    """Letters alternately upper and lower case, starting with upper; other characters do not count."""
    upper = True
    result = []
    for c in sentence:
        if c.isalpha():
            result.append(c.upper() if upper else c.lower())
            upper = not upper
        else:
            result.append(c)
    return "".join(result)


def pixel_mean(image):
    """Mean of all numbers in a list of rows; 0.0 of an empty image."""
    values = [value for row in image for value in row]
    return sum(values) / len(values) if values else 0.0


def retry(action, attempts=3):
    """Call action until it does not raise OSError, at most `attempts` times; then raise the last error."""
    for attempt in range(attempts):
        try:
            return action()
        except OSError:
            if attempt == attempts - 1:
                raise


class BoundedLog:
    """Keeps the newest lines, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        """Keep a line, and let go of the oldest where there are too many."""
        self.lines.append(line)
        if len(self.lines) > self.limit:
            del self.lines[0]


def overlap(first, second):
    """Length that two intervals (low, high) share, 0 if none."""
    low = max(first[0], second[0])
    high = min(first[1], second[1])
    return max(high - low, 0)


def digital_root(number: int) -> int:
    """Add up the decimal digits until one digit remains."""
    while number > 9:
        number = sum(int(digit) for digit in str(number))
    return number


def recipe_for(servings, recipe, base=4):
    """Amounts of a recipe (dict of ingredient to grams for `base` servings) for other servings."""
    return {name: grams * servings / base for name, grams in recipe.items()}


def find_cycle(step, start):
    """Length of the cycle that repeated application of step runs into from start."""
    seen = {}
    position, value = 0, start
    while value not in seen:
        seen[value] = position
        value = step(value)
        position += 1
    return position - seen[value]


def title_lines(text, width=20):
    """Lines of at most `width` characters, broken between words; a longer word has its own line."""
    lines = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def sensor_status(readings, limit):
    """'ok' if all are within the limit, 'warn' if one is not, 'fail' if more are not."""
    beyond = sum(abs(reading) > limit for reading in readings)
    if beyond == 0:
        return "ok"
    return "warn" if beyond == 1 else "fail"


def bishop_moves(square):
    """All squares that a bishop reaches from a square such as 'c1', sorted."""
    file, rank = ord(square[0]) - ord("a"), int(square[1]) - 1
    found = []
    for df in (-1, 1):
        for dr in (-1, 1):
            f, r = file + df, rank + dr
            while 0 <= f < 8 and 0 <= r < 8:
                found.append(chr(f + ord("a")) + str(r + 1))
                f, r = f + df, r + dr
    return sorted(found)


def weighted_choice(options, draw):
    """The option at which the running sum of weights passes draw, in [0, total)."""
    reached = 0
    for option, weight in options:
        reached += weight
        if draw < reached:
            return option
    raise ValueError("the draw is beyond all weights")


def clean_phone_book(book):
    """Names stripped and in title case, numbers without spaces; entries without a number are dropped."""
    return {
        name.strip().title(): number.replace(" ", "")
        for name, number in book.items()
        if number
    }


def diff_keys(before, after):
    """Sets of the keys that were added, removed, and whose value changed."""
    added = after.keys() - before.keys()
    removed = before.keys() - after.keys()
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    return added, removed, changed


def spiral(rows):
    """Values of a rectangular grid read in a spiral from the top left, clockwise."""
    rows = [list(row) for row in rows]
    values = []
    while rows:
        values += rows.pop(0)
        rows = [list(column) for column in zip(*rows)][::-1]
    return values


def ticket_price(age, weekday, student=False):
    """12 for adults, 7 under 18 or for students, and 2 less on Tuesdays ('Tue')."""
    price = 7 if age < 18 or student else 12
    if weekday == "Tue":
        price -= 2
    return price


def to_base(number, base):
    """Digits of a number in a base from 2 to 36, lower case."""
    if number == 0:
        return "0"
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, digit = divmod(number, base)
        text = digits[digit] + text
    return text


def queue_times(customers, tills):
    """Minutes until all customers are served, each going to the till that is free first."""
    import heapq

    free = [0] * tills
    for minutes in customers:
        earliest = heapq.heappop(free)
        heapq.heappush(free, earliest + minutes)
    return max(free)


def sieve(limit):
    """Primes up to and with the limit."""
    prime = [True] * (limit + 1)
    prime[:2] = [False] * len(prime[:2])
    for number in range(2, int(limit**0.5) + 1):
        if prime[number]:
            prime[number * number :: number] = [False] * len(prime[number * number :: number])
    return [number for number, is_prime in enumerate(prime) if is_prime]


def safe_get(value, *keys, default=None):
    """Follow keys and indices into nested dicts and lists; the default where one is missing."""
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return default
    return value


def luhn(number: str) -> bool:
    """Whether a card number passes the Luhn check."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        value = int(digit)
        if index % 2 == 1:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def flatten_keys(tree, prefix=""):
    """Nested dicts as one dict whose keys are joined by dots."""
    flat = {}
    for key, value in tree.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            flat.update(flatten_keys(value, name))
        else:
            flat[name] = value
    return flat


def wind_name(degrees):
    """One of N, NE, E, SE, S, SW, W, NW for a direction in degrees."""
    names = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
    return names[int((degrees + 22.5) // 45) % 8]


def topological(tasks):
    """An order of tasks in which each comes after those it needs; tasks maps a name to needed names.

    Raises ValueError where they need each other in a circle.
    """
    order, left = [], dict(tasks)
    while left:
        ready = sorted(name for name, needs in left.items() if all(n in order for n in needs))
        if not ready:
            raise ValueError("a circle")
        order += ready
        for name in ready:
            del left[name]
    return order


def kelvin(value, unit):
    """A temperature in 'C' or 'F' as kelvin; ValueError for another unit."""
    if unit == "C":
        return value + 273.15
    if unit == "F":
        return (value - 32) * 5 / 9 + 273.15
    raise ValueError(unit)


async def gather_first(sources):
    """Await the coroutine functions one after the other and return the first result that is not None."""
    for source in sources:
        result = await source()
        if result is not None:
            return result
    return None


def memoized(function):
    """Decorator: remembers the result of each tuple of positional arguments."""
    known = {}

    def wrapper(*arguments):
        if arguments not in known:
            known[arguments] = function(*arguments)
        return known[arguments]

    return wrapper


def median_gap(times):
    """Median of the differences between neighbouring times, sorted first; None for fewer than two."""
    times = sorted(times)
    gaps = sorted(b - a for a, b in zip(times, times[1:]))
    if not gaps:
        return None
    half = len(gaps) // 2
    return gaps[half] if len(gaps) % 2 else (gaps[half - 1] + gaps[half]) / 2


def greet(names):
    """'Hello!' for nobody, 'Hello, A!' for one, 'Hello, A, B and C!' for more."""
    if not names:
        return "Hello!"
    if len(names) == 1:
        return f"Hello, {names[0]}!"
    return f"Hello, {', '.join(names[:-1])} and {names[-1]}!"


def hex_colour(red, green, blue):
    """'#rrggbb' of three numbers from 0 to 255, each limited to that range."""
    limited = (min(max(part, 0), 255) for part in (red, green, blue))
    return "#" + "".join(f"{part:02x}" for part in limited)


def matching_socks(drawer):
    """Pairs of equal socks that can be made from the drawer, a list of colours."""
    from collections import Counter

    return sum(count // 2 for count in Counter(drawer).values())
