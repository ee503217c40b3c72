#!/usr/bin/env python3
"""Renders capital letters, or others, in all installed typefaces, as a folder of images to import.

Each letter has a folder with a PNG for each typeface, black on white, 64 x 64 pixels. Of a typeface
every style that fontconfig lists takes part. Typefaces without one of the letters, or with the same
picture for two of them, as those of symbols have, are left out. It needs Pillow and fc-list.

Example:
    scripts/bench/render_letters.py --out letters --typefaces 90
    make all IMAGES=letters FOLDERS=yes K=26
"""

import argparse
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIDE = 64


def draw(font, letter):
    """Draws a letter in the middle of a square."""
    image = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(image).text((SIDE / 2, SIDE / 2), letter, fill=0, font=font, anchor="mm")
    return image


def typefaces():
    """Lists the files of typefaces for Latin letters, sorted by their names."""
    listed = subprocess.run(
        ["fc-list", ":lang=en:scalable=true", "file"], capture_output=True, text=True, check=True
    )
    files = {line.split(":")[0] for line in listed.stdout.splitlines()}
    return sorted(files, key=lambda file: (Path(file).name, file))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument("--typefaces", type=int, help="most typefaces, evenly taken from all")
    parser.add_argument("--letters", default=LETTERS, help="characters (default capital letters)")
    args = parser.parse_args()
    letters = args.letters
    files = typefaces()
    if args.typefaces and args.typefaces < len(files):
        files = [files[i * len(files) // args.typefaces] for i in range(args.typefaces)]
    for letter in letters:
        (Path(args.out) / letter).mkdir(parents=True)
    used = 0
    for file in files:
        try:
            font = ImageFont.truetype(file, 44)
        except OSError:
            continue
        images = [draw(font, letter) for letter in letters]
        if len({image.tobytes() for image in images}) < len(letters):
            continue
        for letter, image in zip(letters, images):
            image.save(Path(args.out) / letter / f"{Path(file).stem}.png")
        used += 1
    print(f"{used} typefaces, {used * len(LETTERS)} images in {args.out}")


if __name__ == "__main__":
    main()
