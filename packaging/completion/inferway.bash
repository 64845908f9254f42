# bash completion for inferway

_inferway() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W 'serve check explain health mock version help' -- "$current")
    return
  fi
  case $command in
    serve) options='--config --user --filter-system-calls --help' ;;
    check) options='--config --format --help' ;;
    explain) options='--config --model --header --body --format --help' ;;
    health) options='--config --address --live --timeout --help' ;;
    mock)
      options='--listen --model --first-token --token-interval --tokens --status --fail-rate --cut-after --cut-bytes --close-rate'
      options+=' --reset --stall-after --stall-head --error-after --error-code --error-message --retry-after --early-hints'
      options+=' --idle-close --seed --help'
      ;;
    *) return ;;
  esac
  case $previous in
    --config | --body) mapfile -t COMPREPLY < <(compgen -f -- "$current") && compopt -o filenames 2>/dev/null ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$current") ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current") ;;
    --model | --header | --address | --timeout | --listen | --first-token | --token-interval | --tokens | --status) ;;
    --fail-rate | --cut-after | --cut-bytes | --close-rate | --stall-after | --stall-head | --error-after | --error-code) ;;
    --error-message | --retry-after | --early-hints | --idle-close | --seed) ;;
    --reset) mapfile -t COMPREPLY < <(compgen -W 'true false' -- "$current") ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
      if [[ $command == explain && $current != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'GET POST' -- "$current")
      fi
      ;;
  esac
}
complete -F _inferway inferway
