# bash completion for precx. The program itself knows what may stand where; where it offers nothing, files are completed.
_precx() {
    local line words=() i
    # bash splits --option=value at the equals sign: put the pieces together again.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == = && ${#words[@]} -gt 0 ]]; then
            words[-1]+="=${COMP_WORDS[++i]-}"
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done
    ((${#words[@]})) || words=("")
    COMPREPLY=()
    while IFS= read -r line; do
        case ${words[-1]} in --*=*) line=${line#*=} ;; esac
        COMPREPLY+=("$line")
    done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
}
complete -o default -F _precx precx
