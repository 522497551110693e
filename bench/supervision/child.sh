# A trivial child: says that it lives, then, as a tool of ours, answers what the daemon asks, else sleeps.
# Arguments: its name, the FIFO that it says so to.
echo "$1 $$" > "$2"
[ -n "$PIPE_TOOLS_TOOL" ] || exec sleep 1000000
pipe=$PIPE_TOOLS_PIPES/tool-$PIPE_TOOLS_TOOL
exec 8<>"$pipe"
while read -r line <&8; do
  pid=${line#*\"pid\":}
  pid=${pid%%[,\}]*}
  case $line in
    *'"cmd":"subscribe"'*) exec 9<>"$pipe-$pid"; answer='"event":"subscribed"' ;;
    *'"cmd":"ping"'*) answer='"event":"pong","req_id":"ping"' ;;
    *'"cmd":"get_state"'*) answer='"event":"state","state":"idle","req_id":"get_state"' ;;
    *'"cmd":"stop"'*) exit 0 ;;
    *) answer='"event":"error","message":"unknown command"' ;;
  esac
  echo "{$answer}" >&9
done
