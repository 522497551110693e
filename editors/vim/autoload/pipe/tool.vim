" :PipeTool – any command of any tool, as on the command line.

function! pipe#tool#command(text) abort
  let [words, open] = pipe#tool#words(a:text)
  if open
    return pipe#message#error('a quote has no end: ' . a:text)
  endif
  if len(words) < 2
    return pipe#message#error('expected a tool and a command: :PipeTool {tool} {cmd} {args}')
  endif
  let request = {'tool': words[0], 'cmd': words[1], 'words': words[2:], 'cwd': getcwd(), 'print': v:true}
  call pipe#scratch#answer(request, a:text, '')
endfunction

" Splits as a shell does: blanks between words, '…', "…" and \ keep them together. Returns the words and whether a quote is open.
function! pipe#tool#words(text) abort
  let [words, word, quote, began] = [[], '', '', 0]
  let chars = split(a:text, '\zs')
  let at = 0
  while at < len(chars)
    let char = chars[at]
    if char ==# '\' && quote !=# "'" && at + 1 < len(chars)
      let at += 1
      let word .= chars[at]
      let began = 1
    elseif char ==# quote
      let quote = ''
    elseif quote !=# ''
      let word .= char
    elseif char ==# '"' || char ==# "'"
      let [quote, began] = [char, 1]
    elseif char =~# '\s'
      if began
        call add(words, word)
      endif
      let [word, began] = ['', 0]
    else
      let word .= char
      let began = 1
    endif
    let at += 1
  endwhile
  return [began ? add(words, word) : words, quote !=# '']
endfunction
