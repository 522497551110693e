"""Asks a vector tool from Python, with nothing but its standard library:  python3 examples/search.py "how do I add a server" """

import json
import os
import sys

tool = os.path.join(os.environ.get("PIPE_TOOLS_PIPES", "/tmp"), "tool-vector")
mine = f"{tool}-{os.getpid()}"
os.mkfifo(mine, 0o600)
try:
    answers = os.fdopen(os.open(mine, os.O_RDWR), encoding="utf-8")
    with open(tool, "w") as pipe:
        for message in {"cmd": "subscribe"}, {"cmd": "search", "query": sys.argv[1], "k": 3}:
            pipe.write(json.dumps({"pid": os.getpid(), **message}) + "\n")
    for event in map(json.loads, answers):
        if event["event"] == "error":
            sys.exit(event["message"])
        if event["event"] == "hits":
            for hit in event["hits"]:
                print(hit["score"], hit["id"], hit["text"].splitlines()[0], sep="\t")
            break
finally:
    os.remove(mine)
