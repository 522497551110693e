" :PipeReplace – lines of a buffer replaced by what the model makes of them.

function! pipe#replace#command(first, last, instruction) abort
  if !&modifiable
    return pipe#message#error('this buffer cannot be changed (nomodifiable)')
  endif
  let buf = bufnr('%')
  let lines = getline(a:first, a:last)
  let content = join([a:instruction, pipe#prompt#fenced(lines, &filetype), 'Answer with what is to stand in its place, in one code block, and nothing else.'], "\n\n")
  let place = {'buf': buf, 'lines': lines, 'first': pipe#mark#set(buf, a:first), 'last': pipe#mark#set(buf, a:last)}
  let request = pipe#prompt#request(pipe#prompt#system() + [{'role': 'user', 'content': content}])
  call pipe#request#start(request, {'buf': buf, 'Final': {event, text -> s:finished(place, event, text)}})
endfunction

function! s:finished(place, event, text) abort
  let buf = a:place.buf
  let [first, last] = bufloaded(buf) ? [pipe#mark#line(buf, a:place.first), pipe#mark#line(buf, a:place.last)] : [0, 0]
  call pipe#mark#remove(buf, a:place.first)
  call pipe#mark#remove(buf, a:place.last)
  if a:event.event ==# 'error'
    return
  endif
  call pipe#keep(a:text)
  let lines = pipe#prompt#code(a:text)
  if a:text =~# '^\_s*$'
    return pipe#message#error('the answer is empty, so nothing was replaced')
  endif
  if first == 0 || getbufline(buf, first, last) !=# a:place.lines
    return pipe#message#error('the lines have changed meanwhile, so nothing was replaced; the answer is in register ' . get(g:, 'pipe_register', 'p'))
  endif
  try
    call pipe#edit#in(buf, 0, {-> s:replace(buf, first, last, lines)})
  catch
    call pipe#message#error(printf('the lines could not be replaced (%s); the answer is in register %s', v:exception, get(g:, 'pipe_register', 'p')))
  endtry
endfunction

function! s:replace(buf, first, last, lines) abort
  let same = min([len(a:lines), a:last - a:first + 1])
  if same > 0 && setbufline(a:buf, a:first, a:lines[: same - 1])
    throw 'the buffer cannot be changed'
  endif
  if len(a:lines) > same
    call appendbufline(a:buf, a:first + same - 1, a:lines[same :])
  elseif a:first + same <= a:last
    call deletebufline(a:buf, a:first + same, a:last)
  endif
endfunction
