" :PipeChat – a conversation as a text: headings say who speaks, all of it can be edited, saved and continued.

let s:heading = '^\(>>> \(user\|system\)\|<<< assistant\)\s*$'
" A line of an answer that looks like a heading has a backslash before it.
let s:escaped = '^\\\+\ze\(>>> \(user\|system\)\|<<< assistant\)\s*$'
" The last conversation.
let s:last = 0

function! pipe#chat#command(new, ranged, first, last, text) abort
  let context = a:ranged ? pipe#prompt#fenced(getline(a:first, a:last), &filetype) : ''
  let added = join(filter([a:text, context], 'v:val !=# ""'), "\n\n")
  let here = pipe#chat#is(bufnr('%')) && !a:new && !a:ranged
  if !here
    call s:show(a:new)
  endif
  let buf = bufnr('%')
  if added !=# ''
    call s:append(buf, split(added, "\n", 1))
  endif
  if here || added !=# ''
    call s:send(buf)
  endif
endfunction

" Whether a buffer is a conversation: one of its lines is the heading of a turn.
function! pipe#chat#is(buf) abort
  return !empty(filter(getbufline(a:buf, 1, '$'), 'v:val =~# s:heading'))
endfunction

" The turns of a conversation; what stands before the first heading is nobody's.
function! pipe#chat#messages(lines) abort
  let messages = []
  for line in a:lines
    if line =~# s:heading
      call add(messages, {'role': matchstr(line, '\w\+'), 'lines': []})
    elseif !empty(messages)
      call add(messages[-1].lines, line =~# s:escaped ? line[1:] : line)
    endif
  endfor
  call map(messages, '{"role": v:val.role, "content": s:trimmed(v:val.lines)}')
  return filter(messages, 'v:val.content !=# ""')
endfunction

function! s:trimmed(lines) abort
  return substitute(substitute(join(a:lines, "\n"), '^\(\s*\n\)\+', '', ''), '\_s\+$', '', '')
endfunction

" Goes to the conversation of before, or a new one.
function! s:show(new) abort
  if !a:new && bufloaded(s:last) && pipe#chat#is(s:last)
    let window = bufwinnr(s:last)
    execute window == -1 ? get(g:, 'pipe_chat_open', 'botright vnew') . ' | buffer ' . s:last : window . 'wincmd w'
  else
    execute get(g:, 'pipe_chat_open', 'botright vnew')
    setlocal noswapfile bufhidden=hide wrap linebreak
    setlocal filetype=markdown
    setlocal statusline=%f\ %m%=%{pipe#status(bufnr('%'))}\ %l/%L\ 
    let system = get(g:, 'pipe_system', '')
    call setline(1, (system ==# '' ? [] : ['>>> system', ''] + split(system, "\n") + ['']) + ['>>> user', '', ''])
    let s:last = bufnr('%')
  endif
  call cursor(line('$'), 1)
endfunction

" Adds lines to what the user is about to say.
function! s:append(buf, lines) abort
  let all = getbufline(a:buf, 1, '$')
  let last = match(reverse(copy(all)), s:heading)
  let open = last != -1 && all[-1 - last] =~# '^>>> user'
  call s:put(a:buf, (open ? [] : ['>>> user', '']) + a:lines)
  call cursor(line('$'), 1)
endfunction

" Appends lines with one empty line before them.
function! s:put(buf, lines) abort
  let text = getbufline(a:buf, 1, '$')
  let blank = text[-1] =~# '^\s*$'
  if blank && (len(text) == 1 || text[-2] =~# '^\s*$')
    call setbufline(a:buf, len(text), a:lines[0])
    call appendbufline(a:buf, '$', a:lines[1:])
  else
    call appendbufline(a:buf, '$', (blank ? [] : ['']) + a:lines)
  endif
endfunction

function! s:send(buf) abort
  if pipe#request#count(a:buf) > 0
    return pipe#message#error('an answer is under way here; stop it with :PipeStop')
  endif
  let messages = pipe#chat#messages(getbufline(a:buf, 1, '$'))
  if empty(messages) || messages[-1].role !=# 'user'
    return pipe#message#error('expected a question below the last ">>> user", found none')
  endif
  let s:last = a:buf
  let follow = pipe#stream#followers(a:buf, line('$'))
  call pipe#edit#in(a:buf, 0, {-> s:put(a:buf, ['<<< assistant', '', ''])})
  call pipe#stream#follow(follow, line('$'))
  let stream = pipe#stream#open(a:buf, line('$'), 1, {line -> line =~# s:heading || line =~# s:escaped ? '\' . line : line})
  call pipe#request#start(pipe#prompt#request(messages), {'buf': a:buf, 'Part': {text -> pipe#stream#add(stream, text)}, 'Final': {event, text -> s:finished(stream, event, text)}})
endfunction

function! s:finished(stream, event, text) abort
  if a:event.event !=# 'error'
    call pipe#keep(a:text)
  endif
  let a:stream.pending = substitute(a:stream.pending, '\_s\+$', '', '')
  call pipe#stream#close(a:stream, {lnum -> s:closed(a:stream.buf, lnum, a:text)})
endfunction

" Opens the next turn; after a failure without a word the question stands last again, to be sent once more.
function! s:closed(buf, lnum, text) abort
  if a:lnum == 0
    return
  endif
  let follow = pipe#stream#followers(a:buf, a:lnum)
  let bare = a:text ==# '' && getbufline(a:buf, a:lnum - 2, a:lnum) ==# ['<<< assistant', '', '']
  if bare
    call pipe#edit#in(a:buf, 1, {-> deletebufline(a:buf, a:lnum - 2, a:lnum)})
  elseif a:lnum == getbufinfo(a:buf)[0].linecount
    call pipe#edit#in(a:buf, 1, {-> s:put(a:buf, ['>>> user', '', ''])})
  endif
  call pipe#stream#follow(follow, getbufinfo(a:buf)[0].linecount)
endfunction
