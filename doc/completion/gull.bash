# bash completion for gull: asks gull itself for verbs, options and methods.
_gull() {
    local gull=${COMP_WORDS[0]} verb=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local words=
    if [ "$COMP_CWORD" = 1 ]; then
        words=$("$gull" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  .*/\1/p')
    else
        case $before in
        --norm) words="linf l2 l1 l0" ;;
        --access) words="labels scores gradient structure" ;;
        --backend) words=$("$gull" list backends 2>/dev/null | sed -n 's/^\([a-z0-9]*\) .*/\1/p') ;;
        --method) words=$({ "$gull" list attacks; "$gull" list proofs; } 2>/dev/null | sed -n 's/^\([a-z0-9]*\) .*/\1/p') ;;
        list) words="attacks proofs families formats operators costs backends" ;;
        help) words=$("$gull" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  .*/\1/p') ;;
        *) case $word in -*) words=$("$gull" help "$verb" 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p') ;; esac ;;
        esac
    fi
    if [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}
complete -o filenames -F _gull gull
