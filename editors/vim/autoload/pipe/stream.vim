" Writes text that comes piece by piece to a place in a buffer, as one undo step, and has those windows follow whose
" cursor is at its end.

" How long pieces are gathered before they are written, in ms: the screen is drawn once for all of them.
let s:gather = 20
" How often a buffer that cannot be changed right now is tried again, and how soon, in ms.
let s:tries = 100
let s:again = 100

" A place to write to: the end of line `lnum`. `join`: the first piece belongs to the undo step before it.
" `Line(text)`: what is to become of each whole line.
function! pipe#stream#open(buf, lnum, join, Line) abort
  return {'buf': a:buf, 'mark': pipe#mark#set(a:buf, a:lnum), 'join': a:join, 'Line': a:Line, 'pending': '', 'timer': 0,
        \ 'tail': get(getbufline(a:buf, a:lnum), 0, ''), 'tries': s:tries, 'Closed': v:null}
endfunction

function! pipe#stream#add(stream, text) abort
  let a:stream.pending .= a:text
  if a:stream.timer == 0
    let a:stream.timer = timer_start(s:gather, {-> s:flush(a:stream)})
  endif
endfunction

" Writes what is left, then calls `Closed(lnum)` with the line where the text ends, 0 if the buffer has gone.
function! pipe#stream#close(stream, Closed) abort
  let a:stream.Closed = a:Closed
  call timer_stop(a:stream.timer)
  call s:flush(a:stream)
endfunction

function! s:flush(stream) abort
  let a:stream.timer = 0
  if !bufloaded(a:stream.buf)
    " Nobody can read it any more.
    call pipe#request#stop(a:stream.buf)
    return s:finish(a:stream)
  endif
  " Newlines wait for what they lead to: an answer that ends in one ends in a line.
  let held = a:stream.Closed is v:null ? matchstr(a:stream.pending, '\n*$') : ''
  let text = strpart(a:stream.pending, 0, len(a:stream.pending) - len(held))
  let a:stream.pending = held
  try
    if text !=# '' || a:stream.Closed isnot v:null
      call pipe#edit#in(a:stream.buf, a:stream.join, {-> s:write(a:stream, text)})
      let a:stream.join = 1
    endif
  catch
    " Not now: the command-line window is open, or somebody made the buffer unmodifiable.
    let a:stream.pending = text . a:stream.pending
    let a:stream.tries -= 1
    if a:stream.tries > 0
      let a:stream.timer = timer_start(s:again, {-> s:flush(a:stream)})
      return
    endif
    call pipe#message#error('the answer could not be written: ' . v:exception)
  endtry
  call s:finish(a:stream)
endfunction

function! s:finish(stream) abort
  if a:stream.Closed is v:null
    return
  endif
  let lnum = bufloaded(a:stream.buf) ? pipe#mark#line(a:stream.buf, a:stream.mark) : 0
  call pipe#mark#remove(a:stream.buf, a:stream.mark)
  call a:stream.Closed(lnum)
endfunction

function! s:write(stream, text) abort
  let buf = a:stream.buf
  let at = pipe#mark#line(buf, a:stream.mark)
  let lnum = at > 0 ? at : getbufinfo(buf)[0].linecount
  let followers = pipe#stream#followers(buf, lnum)
  if at == 0 || getbufline(buf, lnum)[0] !=# a:stream.tail
    if a:text ==# ''
      return
    endif
    " Somebody has edited the line, or undone it: theirs stays, and the answer goes on below.
    call s:check(appendbufline(buf, lnum, ''))
    let lnum += 1
    let a:stream.tail = ''
  endif
  let lines = split(a:stream.tail . a:text, "\n", 1)
  let whole = a:stream.Closed is v:null ? len(lines) - 1 : len(lines)
  call map(lines, 'v:key < whole ? a:stream.Line(v:val) : v:val')
  call s:check(setbufline(buf, lnum, lines[0]))
  if len(lines) > 1
    call s:check(appendbufline(buf, lnum, lines[1:]))
  endif
  let a:stream.tail = lines[-1]
  let last = lnum + len(lines) - 1
  call pipe#mark#remove(buf, a:stream.mark)
  let a:stream.mark = pipe#mark#set(buf, last)
  call pipe#stream#follow(followers, last)
  call pipe#event#tell('PipeWritten')
endfunction

function! s:check(failed) abort
  if a:failed
    throw 'the buffer cannot be changed'
  endif
endfunction

" The windows whose cursor is where the text ends. Whoever inserts or selects there is left alone.
function! pipe#stream#followers(buf, lnum) abort
  let here = mode() =~# '^[nct]' ? -1 : win_getid()
  return filter(win_findbuf(a:buf), 'v:val != here && line(".", v:val) == a:lnum')
endfunction

function! pipe#stream#follow(windows, lnum) abort
  for window in a:windows
    " Asking for the first line shown has the window scrolled to its cursor, which is else done for the current window only.
    call win_execute(window, printf('call cursor(%d, %d) | call line("w0")', a:lnum, 999999))
  endfor
endfunction
