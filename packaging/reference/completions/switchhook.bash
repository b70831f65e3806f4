# Made by packaging/reference/make from `--describe`. Do not edit.
# Names that the running service knows; none is started for them.
__switchhook_list() {
  case "$1" in
    lines) switchhook lines --json --no-start 2>/dev/null | grep -o '"name":"[^"\\]*"' | cut -d '"' -f 4 ;;
    sessions) switchhook sessions --json --no-start 2>/dev/null | grep -o '"call_id":[0-9]*' | cut -d : -f 2 ;;
    applications) switchhook sessions --json --no-start 2>/dev/null |
      grep -o '"application":"[^"\\]*"' | cut -d '"' -f 4 ;;
  esac | sort -u
}

_switchhook() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command=${COMP_WORDS[1]} words= kind=
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W 'call answer lines sessions hangup hold unhold transfer digits records leaks release audit refusals status reload drain console trace --help --version' -- "$current")
    return
  fi
  case "$command $previous" in
    "call --socket") kind=files ;;
    "call --hangup-after") kind=nothing ;;
    "call --no-answer") kind=nothing ;;
    "call --user-info") kind=nothing ;;
    "answer --socket") kind=files ;;
    "answer --hangup-after") kind=nothing ;;
    "lines --socket") kind=files ;;
    "sessions --socket") kind=files ;;
    "sessions --watch") kind=nothing ;;
    "hangup --socket") kind=files ;;
    "hold --socket") kind=files ;;
    "unhold --socket") kind=files ;;
    "transfer --socket") kind=files ;;
    "transfer --with") kind=sessions ;;
    "digits --socket") kind=files ;;
    "digits --duration") kind=nothing ;;
    "records --socket") kind=files ;;
    "records --line") kind=lines ;;
    "records --provider") kind=nothing ;;
    "records --application") kind=applications ;;
    "records --party") kind=nothing ;;
    "records --session") kind=sessions ;;
    "records --origin") kind=nothing ;;
    "records --limit") kind=nothing ;;
    "records --since") kind=nothing ;;
    "records --until") kind=nothing ;;
    "leaks --socket") kind=files ;;
    "leaks --watch") kind=nothing ;;
    "release --socket") kind=files ;;
    "audit --socket") kind=files ;;
    "refusals --socket") kind=files ;;
    "status --socket") kind=files ;;
    "reload --socket") kind=files ;;
    "drain --socket") kind=files ;;
    "console --socket") kind=files ;;
    "console --file") kind=files ;;
    "trace --socket") kind=files ;;
    "trace --session") kind=sessions ;;
    "trace --line") kind=lines ;;
    "trace --pcap") kind=files ;;
    "trace --count") kind=nothing ;;
  esac
  if [ -z "$kind" ]; then
    case "$command" in
      "call") words='-h --help --socket --user --system --json --no-start --hangup-after --no-answer --user-info' kind='lines' ;;
      "answer") words='-h --help --socket --user --system --json --no-start --once --reject --hangup-after' kind='lines' ;;
      "lines") words='-h --help --socket --user --system --json --no-start --csv' kind='' ;;
      "sessions") words='-h --help --socket --user --system --json --no-start --csv --watch' kind='' ;;
      "hangup") words='-h --help --socket --user --system --json --no-start' kind='sessions' ;;
      "hold") words='-h --help --socket --user --system --json --no-start' kind='sessions' ;;
      "unhold") words='-h --help --socket --user --system --json --no-start' kind='sessions' ;;
      "transfer") words='-h --help --socket --user --system --json --no-start --with' kind='sessions' ;;
      "digits") words='-h --help --socket --user --system --json --no-start --duration' kind='sessions' ;;
      "records") words='-h --help --socket --user --system --json --no-start --line --provider --application --party --session --origin --limit --all --oldest-first --verify --csv --cdr-csv --follow --since --until' kind='' ;;
      "leaks") words='-h --help --socket --user --system --json --no-start --csv --watch' kind='' ;;
      "release") words='-h --help --socket --user --system --json --no-start --all-leaks' kind='sessions' ;;
      "audit") words='-h --help --socket --user --system --json --no-start --csv --zero' kind='' ;;
      "refusals") words='-h --help --socket --user --system --json --no-start --csv' kind='' ;;
      "status") words='-h --help --socket --user --system --json --no-start' kind='' ;;
      "reload") words='-h --help --socket --user --system --json --no-start' kind='' ;;
      "drain") words='-h --help --socket --user --system --json --no-start --cancel' kind='' ;;
      "console") words='-h --help --socket --user --system --json --no-start --operator --remove --file --token' kind='' ;;
      "trace") words='-h --help --socket --user --system --json --no-start --session --line --pcap --messages --secrets --count' kind='' ;;
    esac
  fi
  case "$current" in -*) kind= ;; *) [ -z "$kind" ] || words= ;; esac
  case "$kind" in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    lines|sessions|applications)
      local IFS=$'\n'
      mapfile -t COMPREPLY < <(compgen -W "$(__switchhook_list "$kind")" -- "$current")
      return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _switchhook switchhook

_switchhookd() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command= words= kind=
  case "$command $previous" in
    " --config") kind=files ;;
    " --socket") kind=files ;;
    " --tcp") kind=nothing ;;
    " --token-file") kind=files ;;
    " --store") kind=files ;;
    " --idle-exit") kind=nothing ;;
    " --ready-fd") kind=nothing ;;
    " --log-level") kind=nothing ;;
  esac
  if [ -z "$kind" ]; then
    case "$command" in
      "") words='-h --help --version --user --system --config --socket --tcp --token-file --store --idle-exit --ready-fd --log-level --check-config' kind='' ;;
    esac
  fi
  case "$current" in -*) kind= ;; *) [ -z "$kind" ] || words= ;; esac
  case "$kind" in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    lines|sessions|applications)
      local IFS=$'\n'
      mapfile -t COMPREPLY < <(compgen -W "$(__switchhook_list "$kind")" -- "$current")
      return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _switchhookd switchhookd
