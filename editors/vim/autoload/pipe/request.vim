" What is under way: its state for the status line, its end, its stop.

" id to {tool, buf, state, text}
let s:running = {}

" Sends a request. `hooks`: buf, the buffer that it belongs to (0: none); Part(text), a piece of the answer; Final(event,
" text), once, whatever the end. A failure has been said by then, unless it was the user who stopped it. Returns the id.
function! pipe#request#start(request, hooks) abort
  let running = {'tool': a:request.tool, 'buf': get(a:hooks, 'buf', 0), 'state': 'waiting', 'text': '', 'hooks': a:hooks}
  let id = pipe#job#request(a:request, {event -> s:take(running, event)})
  let running.id = id
  let s:running[id] = running
  call s:changed()
  return id
endfunction

" Cancels what is under way for a buffer, or all. Returns how many.
function! pipe#request#stop(buf) abort
  let ids = map(s:of(a:buf), 'v:val.id')
  for id in ids
    call pipe#job#cancel(id)
  endfor
  return len(ids)
endfunction

function! pipe#request#count(buf) abort
  return len(s:of(a:buf))
endfunction

" `chat: queued (2)`, empty when nothing is under way; of all buffers when `buf` is 0.
function! pipe#request#status(buf) abort
  return join(map(s:of(a:buf), 'v:val.tool . ": " . v:val.state'), ', ')
endfunction

function! s:of(buf) abort
  let all = sort(values(s:running), {a, b -> a.id - b.id})
  return a:buf == 0 ? all : filter(all, 'v:val.buf == a:buf')
endfunction

function! s:take(running, event) abort
  if a:event.event ==# 'error'
    if a:event.code !=# 'cancelled'
      call pipe#message#error(a:event.message)
    endif
  elseif a:event.event ==# 'queued'
    return s:state(a:running, printf('queued (%s)', get(a:event, 'position', '?')))
  elseif a:event.event ==# 'progress'
    return s:state(a:running, s:progress(a:event))
  elseif a:event.event ==# 'tool_call'
    return s:state(a:running, printf('uses %s %s', get(a:event, 'tool', ''), get(a:event, 'cmd', '')))
  else
    call s:piece(a:running, a:event)
  endif
  if get(a:event, 'final', v:false)
    call remove(s:running, a:running.id)
    call a:running.hooks.Final(a:event, a:running.text)
    call s:changed()
    call pipe#event#tell('PipeFinished')
  endif
endfunction

function! s:piece(running, event) abort
  let text = get(a:event, 'printed', get(a:event, 'text', ''))
  if type(text) != v:t_string || text ==# ''
    return empty(get(a:event, 'thought', '')) ? 0 : s:state(a:running, 'thinking')
  endif
  call s:state(a:running, 'answering')
  let text = substitute(text, "\r\n", "\n", 'g')
  let a:running.text .= text
  if has_key(a:running.hooks, 'Part')
    call a:running.hooks.Part(text)
  endif
endfunction

function! s:progress(event) abort
  let [value, total] = [get(a:event, 'value', 0), get(a:event, 'total', v:null)]
  let share = type(total) == v:t_number && total > 0 ? printf(' %d%%', float2nr(100.0 * value / total)) : ''
  return get(a:event, 'stage', 'working') . share
endfunction

function! s:state(running, state) abort
  if a:running.state !=# a:state
    let a:running.state = a:state
    call s:changed()
  endif
endfunction

function! s:changed() abort
  redrawstatus!
  call pipe#event#tell('PipeStatus')
endfunction
