# Completion for bash: shipper and indexer. Installed as bash-completion expects
# it, once for each program; or: source this file.
#
# What may come is the program's own answer to `PROGRAM complete LINE`
# (common/complete_command.h). Here it is only fitted to readline, which begins
# the word to replace at the last sign of COMP_WORDBREAKS, or behind an open quote.

_alpex_complete() {
    local cur=$2 typed kind skip full shown about
    local -a answer COMPREPLY_shown=()

    mapfile -t answer < <("${1/#\~/$HOME}" complete "${COMP_LINE:0:COMP_POINT}" 2> /dev/null)
    COMPREPLY=()
    ((${#answer[@]})) || return
    typed=${answer[0]%%$'\t'*}
    kind=${answer[0]#*$'\t'}
    if [[ $kind == files ]]; then
        compopt -o default # readline's own: it knows quotes and blanks in names
        return
    fi
    skip=$((${#typed} - ${#cur}))
    while IFS=$'\t' read -r full shown about; do
        [[ -n $full ]] || continue
        COMPREPLY+=("${full:skip}")
        COMPREPLY_shown+=("$shown${about:+  ($about)}")
    done < <(printf '%s\n' "${answer[@]:1}")

    if ((${#COMPREPLY[@]} > 1 && COMP_TYPE == 63)); then
        COMPREPLY=("${COMPREPLY_shown[@]}") # they are listed, not inserted
    elif ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[:=] ]]; then
        compopt -o nospace
        # Alone it would get the closing quote as well.
        [[ $kind != quoted ]] || COMPREPLY+=("${COMPREPLY[0]} ")
    fi
}

complete -F _alpex_complete shipper indexer
