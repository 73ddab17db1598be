#compdef moonlark
# Makes zsh complete the command lines of moonlark. To use it in the current shell, after compinit:
#
#     source <(moonlark completion zsh)

compdef _moonlark moonlark

_moonlark() {
    local program=${(Q)words[1]} line text
    local -a lines choices
    # Words without quotes, and of the last word what comes before the cursor.
    lines=("${(@f)$("${program/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    # Only what comes after the "=" of a flag is completed.
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    for line in "${(@)lines}"; do
        text=${line%%$'\t'*}
        case $text in
        :lua) _files -g '*.lua' ;;
        :files) _files ;;
        :folders) _files -/ ;;
        :none | '') ;;
        *)
            text=${text#"$IPREFIX"}
            choices+=("${text//:/\\:}:${line#*$'\t'}")
            ;;
        esac
    done
    ((${#choices})) && _describe moonlark choices
}

# As a file in $fpath, the first call runs the whole file in place of the function.
[[ $funcstack[1] == _moonlark ]] && _moonlark
