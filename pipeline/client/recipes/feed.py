#!/usr/bin/env python3
"""Alerts of a desk, one JSON line each, over nothing but HTTPS requests: feed.py URL TOKEN_FILE CURSOR_FILE

Comes back after whatever may pass and goes on where it was. A line is printed at least once: before its cursor is kept.
"""
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

url, token_file, cursor_file = sys.argv[1:4]


def read(name):
    try:
        with open(name, encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def keep(cursor):
    with open(cursor_file + ".new", "w", encoding="utf-8") as file:
        file.write(cursor)
        file.flush()
        os.fsync(file.fileno())
    os.replace(cursor_file + ".new", cursor_file)


def changes(cursor):
    query = urllib.parse.urlencode({"cursor": cursor, "wait": "25s"} if cursor else {"wait": "25s"})
    request = urllib.request.Request(f"{url}/v1/alerts/changes?{query}", headers={"Authorization": "Bearer " + read(token_file)})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


cursor, attempt = read(cursor_file), 0
while True:
    try:
        answer = changes(cursor)
    except urllib.error.HTTPError as error:
        if error.code in (400, 401, 403, 404):  # The same again would be refused again.
            sys.exit(f"{error.code} {error.read().decode()}")
    except (OSError, ValueError) as error:
        print(f"{error}; coming back", file=sys.stderr)
    else:
        if cursor and not answer["recovered"]:
            print("a gap: all alerts as they stand follow", file=sys.stderr)
        for event in answer["items"]:
            print(json.dumps(event, ensure_ascii=False), flush=True)
        cursor, attempt = answer["cursor"], 0
        keep(cursor)
        continue
    time.sleep(random.uniform(0, min(30, 0.5 * 2**attempt)))
    attempt += 1
