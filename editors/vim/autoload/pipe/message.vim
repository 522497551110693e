" Says what went wrong, in one line: never a hit-enter prompt. The whole sentence is in :messages and v:errmsg.
function! pipe#message#error(text) abort
  call s:say('ErrorMsg', a:text)
  let v:errmsg = 'pipe: ' . a:text
endfunction

function! pipe#message#note(text) abort
  call s:say('None', a:text)
endfunction

function! s:say(highlight, text) abort
  let shortmess = &shortmess
  set shortmess+=T
  " What is on the command line already would make it scroll.
  if mode() !~# '^c'
    redraw
  endif
  execute 'echohl' a:highlight
  echomsg 'pipe: ' . substitute(a:text, '[[:cntrl:]]\+', ' ', 'g')
  echohl None
  let &shortmess = shortmess
endfunction
