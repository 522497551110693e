#!/bin/sh
# Answers a question from your own texts: finds passages, and has the model read them.
#   examples/ask_notes.sh ~/notes "how did I set up the printer?"
set -eu
cpipe vector index "$1" --collection notes >/dev/null
cpipe vector search "$2" --collection notes --k 4 |
  cpipe chat ask "Answer from these passages only, and name the files: $2"
