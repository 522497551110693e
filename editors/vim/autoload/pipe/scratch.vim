" Windows for answers: one buffer each, kept when the window shows another.

let s:count = 0

" Sends a request whose answer streams into a buffer of its own; the cursor stays where it is.
function! pipe#scratch#answer(request, title, filetype) abort
  let buf = s:open(a:title, a:filetype)
  let stream = pipe#stream#open(buf, 1, 0, {line -> line})
  call pipe#request#start(a:request, {'buf': buf, 'Part': {text -> pipe#stream#add(stream, text)}, 'Final': {event, text -> s:finished(stream, event, text)}})
endfunction

function! s:finished(stream, event, text) abort
  if a:event.event !=# 'error'
    call pipe#keep(a:text)
  endif
  let a:stream.pending = substitute(a:stream.pending, '\n$', '', '')
  call pipe#stream#close(a:stream, {-> 0})
endfunction

" Returns the number of a new buffer in the window of the answer before, or in a new one.
function! s:open(title, filetype) abort
  let back = win_getid()
  let windows = filter(range(1, winnr('$')), 'getbufvar(winbufnr(v:val), "pipe_answer", 0)')
  let s:count += 1
  let name = substitute(strcharpart(a:title, 0, 40), '[[:cntrl:]/\\*?\[\]{}`$%#|<>"]', ' ', 'g')
  if empty(windows)
    execute get(g:, 'pipe_open', 'botright 12new')
  else
    execute windows[0] 'wincmd w'
    enew
  endif
  setlocal buftype=nofile bufhidden=hide noswapfile nobuflisted wrap linebreak nonumber
  execute 'silent keepalt file' fnameescape(printf('pipe://%d %s', s:count, name))
  let b:pipe_answer = 1
  let &l:filetype = a:filetype
  setlocal statusline=%f\ %=%{pipe#status(bufnr('%'))}\ %l/%L\ 
  let buf = bufnr('%')
  call win_gotoid(back)
  return buf
endfunction
