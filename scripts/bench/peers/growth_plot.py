"""Draws the measurements of bench_growth.py as an SVG: time against n, d and k, log-log."""

import math
from statistics import median

WIDTH, HEIGHT = 960, 376
PANEL_WIDTH, TOP, BOTTOM = 252, 84, 322
LEFTS = (72, 378, 684)
LABELS = {"n": "points n", "d": "features d", "k": "clusters k"}
# Blue and vermilion of Okabe and Ito, which color-blind readers tell apart.
COLORS = {"ours": "#0072b2", "scikit-learn": "#d55e00"}
METHODS = {"kmeans": "k-means", "gmm": "mixture"}
DASHES = {"kmeans": "", "gmm": ' stroke-dasharray="6 4"'}
TITLE = "Time of k-means and mixtures against points, features and clusters"


def text(x, y, words, anchor="middle", size=12, more=""):
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"{more}>{words}</text>'
    )


def marker(x, y, tool, method):
    """Returns a circle for ours and a square for scikit-learn, filled for k-means."""
    fill = COLORS[tool] if method == "kmeans" else "#fff"
    look = f'fill="{fill}" stroke="{COLORS[tool]}" stroke-width="1.5"'
    if tool == "ours":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" {look}/>'
    return f'<rect x="{x - 3.2:.1f}" y="{y - 3.2:.1f}" width="6.4" height="6.4" {look}/>'


def line(places, tool, method):
    """Returns a line through places in the figure, with a marker at each."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    look = f'fill="none" stroke="{COLORS[tool]}" stroke-width="2"{DASHES[method]}'
    return [f'<polyline points="{path}" {look}/>', *(marker(*at, tool, method) for at in places)]


def seconds(entry, tool):
    """Returns the median of the seconds, or None where scikit-learn did not end."""
    found = [run["seconds"] for run in entry[tool] if "seconds" in run]
    return median(found) if found else None


def legend():
    """Returns a row of line, marker and name for each tool and method."""
    parts, left = [], 180
    for method, name in METHODS.items():
        for tool in COLORS:
            parts += line([(left, 22), (left + 18, 22), (left + 36, 22)], tool, method)[:1]
            parts += [marker(left + 18, 22, tool, method)]
            parts += [text(left + 44, 26, f"{name}, {tool}", "start", 13)]
            left += 148 if tool == "ours" else 196
    return parts


def panel(letter, rows, left, decades):
    """Returns the lines of one axis, with its ticks, its label and the grid."""
    rows = [entry for entry in rows if letter in entry["axes"]]
    values = sorted({entry[letter] for entry in rows})
    if not values:
        return []
    low, high = math.log10(values[0]) - 0.1, math.log10(values[-1]) + 0.1
    right = left + PANEL_WIDTH

    def across(value):
        return left + PANEL_WIDTH * (math.log10(value) - low) / (high - low)

    def down(value):
        return BOTTOM - (BOTTOM - TOP) * (math.log10(value) - decades[0]) / (
            decades[-1] - decades[0]
        )

    fixed = [name for name in "ndk" if name != letter]
    given = ", ".join(f"{name} = {rows[0][name]:,}" for name in fixed)
    parts = [text((left + right) / 2, TOP - 14, given, size=13)]
    for decade in decades:
        y = down(10**decade)
        parts += [f'<path d="M{left} {y:.1f}H{right}" stroke="#ddd"/>']
        parts += [text(left - 8, round(y + 4, 1), f"{10**decade:,.10g}", "end")]
    for value in values:
        x = across(value)
        parts += [f'<path d="M{x:.1f} {BOTTOM}v5" stroke="#333"/>']
        parts += [text(round(x, 1), BOTTOM + 20, f"{value:,}")]
    parts += [f'<path d="M{left} {TOP}V{BOTTOM}H{right}" fill="none" stroke="#333"/>']
    parts += [text((left + right) / 2, BOTTOM + 42, LABELS[letter], size=13)]
    for method in METHODS:
        for tool in reversed(COLORS):
            of = sorted(
                (entry[letter], seconds(entry, tool))
                for entry in rows
                if entry["method"] == method and seconds(entry, tool)
            )
            parts += line([(across(x), down(y)) for x, y in of], tool, method) if of else []
    return parts


def plot(rows):
    """Returns the figure as SVG, the same bytes for the same measurements."""
    times = [seconds(entry, tool) for entry in rows for tool in COLORS]
    logs = [math.log10(time) for time in times if time]
    decades = range(math.floor(min(logs)), math.ceil(max(logs)) + 1)
    middle = (TOP + BOTTOM) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="Helvetica, Arial, sans-serif" fill="#222">',
        f"<title>{TITLE}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *legend(),
        text(18, middle, "seconds", size=13, more=f' transform="rotate(-90 18 {middle:g})"'),
    ]
    for letter, left in zip(LABELS, LEFTS):
        parts += panel(letter, rows, left, decades)
    return "\n".join([*parts, "</svg>"]) + "\n"
