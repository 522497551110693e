# Completions of cpipe for bash 3.2 and later; no other package is needed.
#   cpipe --completions bash > ~/.local/share/bash-completion/completions/cpipe
# or, without bash-completion, in ~/.bashrc:
#   source <(cpipe --completions bash)

_cpipe() {
  local rest=${COMP_LINE:0:COMP_POINT} piece trimmed line value about last=
  local -a words found abouts
  local i n=0 files=

  # Bash takes words apart at = and : too; what no blank divides is one word for us.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    trimmed=${rest#"${rest%%[![:space:]]*}"}
    if ((i > 0)) && [[ $trimmed == "$rest" && -n $rest ]]; then
      words[n]=${words[n]-}$piece
    else
      ((i > 0)) && ((n++))
      words[n]=$piece
    fi
    if [[ $trimmed == "$piece"* ]]; then
      rest=${trimmed:${#piece}}
    else
      # The cursor stands within the word.
      words[n]=${words[n]%"$piece"}$trimmed
      piece=$trimmed
      rest=
    fi
    last=$piece
  done
  local current=${words[n]} prefix=
  case $last in
    [=:]) prefix=$current last= ;;
    *) prefix=${current%"$last"} ;;
  esac
  # Quotes are the shell's.
  for ((i = 1; i <= n; i++)); do words[i]=${words[i]//[\"\'\\]/}; done
  local typed=${words[n]}

  while IFS= read -r line; do
    value=${line%%$'\t'*} about=${line#*$'\t'}
    if [[ -z $value ]]; then
      files=1
    elif [[ $value == "$typed"* ]]; then
      value=${value:${#prefix}}
      [[ $value == *[!A-Za-z0-9_.,:=/@%+-]* && $last != [\"\']* ]] && printf -v value %q "$value"
      found+=("$value")
      abouts+=("$about")
    fi
  done < <(command cpipe --complete "${words[@]:1}" 2>/dev/null)

  COMPREPLY=()
  # In a list that is only shown, each word stands with what it means.
  if [[ ${COMP_TYPE-} == 63 && ${#found[@]} -gt 1 && -z $files ]]; then
    local width=0 columns=${COLUMNS:-80}
    for value in "${found[@]}"; do ((${#value} > width)) && width=${#value}; done
    for ((i = 0; i < ${#found[@]}; i++)); do
      value=${found[i]} about=${abouts[i]}
      [[ -n $about ]] && printf -v value '%-*s  %s' "$width" "$value" "$about"
      COMPREPLY+=("${value:0:columns-2}")
    done
    compopt -o nosort 2>/dev/null
    return
  fi
  ((${#found[@]} > 0)) && COMPREPLY=("${found[@]}")
  if [[ -n $files ]]; then
    if ((${#found[@]} == 0)); then
      compopt -o default 2>/dev/null
      return
    fi
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$last")
  fi
  [[ ${#found[@]} -eq 1 && ${found[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}

if type compopt >/dev/null 2>&1; then
  complete -F _cpipe cpipe
else
  complete -o default -F _cpipe cpipe
fi
