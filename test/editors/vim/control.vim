" Lets a test look into an editor that somebody types into: lines of JSON over a Unix socket.
" In: [id, expression]. Out: [id, value] or [id, null, error]; [0, name] when the plugin tells of something.

let s:partial = ''

function! s:line(line) abort
  let [id, expression] = json_decode(a:line)
  try
    call s:send([id, eval(expression)])
  catch
    call s:send([id, v:null, v:exception])
  endtry
endfunction

function! s:send(message) abort
  let line = json_encode(a:message) . "\n"
  if has('nvim')
    call chansend(s:channel, line)
  else
    call ch_sendraw(s:channel, line)
  endif
endfunction

function! s:data(_, lines, __) abort
  let lines = copy(a:lines)
  let lines[0] = s:partial . lines[0]
  let s:partial = remove(lines, -1)
  for line in lines
    call s:line(line)
  endfor
endfunction

function! s:connect(...) abort
  if has('nvim')
    let s:channel = sockconnect('pipe', $CONTROL, {'on_data': function('s:data')})
  else
    let s:channel = ch_open('unix:' . $CONTROL, {'mode': 'nl', 'callback': {_, line -> s:line(line)}})
  endif
  call s:send([0, 'open'])
endfunction

augroup control
  autocmd VimEnter * call timer_start(0, function('s:connect'))
  autocmd User PipeStatus call s:send([0, 'status'])
  autocmd User PipeFinished call s:send([0, 'finished'])
  autocmd User PipeWritten call s:send([0, 'written'])
augroup END
