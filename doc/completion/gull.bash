# bash completion for gull; asks gull itself, so new verbs, options and methods are known at once.
# zsh: autoload -U +X bashcompinit && bashcompinit && source this file

# Names of a table; the options of one method, as in `gull list attacks`.
_gull_names() { "$gull" list "$1" 2>/dev/null | sed -n 's/^\([A-Za-z0-9]*\) .*/\1/p'; }
_gull_method_options() {
    { "$gull" list attacks; "$gull" list proofs; } 2>/dev/null |
        awk -v m="$1" '/^[a-z]/ { on = $1 == m } on && $1 ~ /^[a-z_]+=/ { sub(/=.*/, "=", $1); print $1 }'
}
_gull_verbs() { "$gull" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  .*/\1/p'; }

# The values of option $1 of verb $2; nothing where any file or number will do.
_gull_values() {
    case $1 in
    --access) echo labels scores gradient structure ;;
    --goal) echo miss target: ;;
    --fail-under) echo proved@ resisted@ clean= ;;
    --backend) _gull_names backends ;;
    --method)
        [ "$2" = prove ] || _gull_names attacks
        [ "$2" = attack ] || _gull_names proofs ;;
    --*) # --norm linf|l2|l1|l0
        "$gull" help "$2" 2>/dev/null | sed -n "s/^  $1 \([a-z0-9]*|[a-z0-9|]*\).*/\1/p" | tr '|' ' ' ;;
    esac
}

_gull() {
    local gull=${COMP_WORDS[0]} verb=${COMP_WORDS[1]} line=${COMP_LINE:0:COMP_POINT}
    local word=${line##*[[:space:]]} before words= glue= files=
    before=${line%"$word"}
    before=${before%"${before##*[![:space:]]}"}
    before=${before##*[[:space:]]}
    case $word in --*=*) before=${word%%=*} word=${word#*=} ;; esac # --norm=l2
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        words=$(_gull_verbs)
    elif [ "$before" = --method ] && [ "$word" != "${word#*:}" ]; then # pgd:steps=40,re
        words=$(_gull_method_options "${word%%:*}")
        word=${word##*[:=]}
        glue=${word%"${word##*,}"}
        word=${word##*,}
    elif [[ $word == -* ]]; then
        words=$("$gull" help "$verb" 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
    else
        case $before in
        list) words="attacks proofs families formats operators costs backends" ;;
        help) words=$(_gull_verbs) ;;
        --*) words=$(_gull_values "$before" "$verb") ;;
        esac
        [ -n "$words" ] || files=yes
    fi
    if [ -n "$files" ]; then # images,labels: the file after the comma
        case $word in *,*) glue=${word%,*}, word=${word##*,} ;; esac
        local IFS=$'\n'
        COMPREPLY=($(compgen -P "$glue" -f -- "$word"))
        compopt -o filenames 2>/dev/null
        return
    fi
    COMPREPLY=($(compgen -P "$glue" -W "$words" -- "$word"))
    case ${COMPREPLY[0]} in *=|*:|*@) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _gull gull
