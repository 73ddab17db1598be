# Makes fish complete the command lines of moonlark. To use it in the current shell:
#
#     moonlark completion fish | source

function __moonlark_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    # The names of files come after the "=" of a flag.
    set -l before (string match -r -- '^--[^=]*=' $typed)
    set -q before[1]; or set before ''
    set -l name (string replace -r -- '^--[^=]*=' '' $typed)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    for line in ($program __complete $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case :lua
                printf '%s\n' $before(__fish_complete_path $name | string match -r -- '^.*(?:/|\.lua)(?:\t.*)?$')
            case :files
                printf '%s\n' $before(__fish_complete_path $name)
            case :folders
                printf '%s\n' $before(__fish_complete_directories $name '')
            case :none
            case '*'
                echo $line
        end
    end
end

complete -c moonlark -f -a '(__moonlark_complete)'
