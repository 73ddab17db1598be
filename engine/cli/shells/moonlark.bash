# Makes bash complete the command lines of moonlark. To use it in the current shell:
#
#     source <(moonlark completion bash)

_moonlark() {
    # Bash splits words at the characters in COMP_WORDBREAKS. "--echo", "=" and "off" are one word here.
    local -a words=()
    local i word joins=
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && ( $joins || $word == "=" && ${words[${#words[@]} - 1]} == --* ) ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        joins=
        [[ $word == "=" ]] && joins=1
    done

    # Bash replaces only what comes after the "=".
    local typed=${words[${#words[@]} - 1]} before=
    if [[ $typed == --*=* ]]; then
        before=${typed%%=*}=
        typed=${typed#*=}
    fi
    local text name
    COMPREPLY=()
    while IFS= read -r text; do
        text=${text%%$'\t'*}
        case $text in
        :lua | :files | :folders)
            compopt -o filenames 2>/dev/null
            while IFS= read -r name; do
                COMPREPLY+=("$name")
            done < <(
                [[ $text == :lua ]] && compgen -f -X '!*.lua' -- "$typed"
                if [[ $text == :files ]]; then compgen -f -- "$typed"; else compgen -d -- "$typed"; fi
            )
            ;;
        :none) ;;
        *)
            [[ $COMP_WORDBREAKS == *=* ]] && text=${text#"$before"}
            COMPREPLY+=("$text")
            ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
}

complete -F _moonlark moonlark
