# Completions of cpipe for fish:
#   cpipe --completions fish > ~/.config/fish/completions/cpipe.fish

function __cpipe_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l files
    for line in (command cpipe --complete $before[2..-1] (string unescape -- $current; or echo $current) 2>/dev/null)
        if string match -q -- \t'*' $line
            set files yes
        else
            echo $line
        end
    end
    test -n "$files"; or return
    # What stands before the name of the file stays.
    set -l prefix (string match -r -- '^(?:--[^=]*=|@)' $current; or echo '')
    set -l name (string replace -r -- '^(?:--[^=]*=|@)' '' $current)
    for path in (__fish_complete_path $name)
        echo $prefix$path
    end
end

complete -c cpipe -f -a '(__cpipe_complete)'
