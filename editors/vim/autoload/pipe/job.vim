" One resident process, `cpipe --stdio`, carries every request. Everything that differs between Vim and Neovim about
" processes is in this file.

" The job of now, as the editor knows it; v:null when none runs.
let s:job = v:null
" Tells the callbacks of a job that has ended from those of its successor.
let s:generation = 0
" What waits for events: id to Funcref(event).
let s:waiting = {}
let s:next = 0
" The start of a line whose end has not come yet (Neovim).
let s:partial = ''
" Lines that have come and were not looked at yet, from index s:at on, and the timer that will.
let s:lines = []
let s:at = 0
let s:timer = 0
" How long lines are looked at before the editor may see to its keys, in ms.
let s:slice = 8
" The last line that cpipe said on standard error: why it ended.
let s:words = ''

" Sends a request; `Callback` gets its events, the last one has `final`. Starts cpipe if it does not run. Returns the id.
function! pipe#job#request(request, Callback) abort
  let s:next += 1
  let id = s:next
  let s:waiting[id] = a:Callback
  let problem = s:start()
  if problem ==# ''
    call s:send(extend({'id': id}, a:request))
  else
    call timer_start(0, {-> s:fail(id, problem)})
  endif
  return id
endfunction

function! pipe#job#cancel(id) abort
  if s:job isnot v:null
    call s:send({'id': a:id, 'cancel': v:true})
  endif
endfunction

" The final event of a request, for the sake of which the editor waits at most so many ms; {} when it does not come.
function! pipe#job#wait(request, ms) abort
  let box = []
  let id = pipe#job#request(a:request, {event -> get(event, 'final', v:false) ? add(box, event) : box})
  if has('nvim')
    call wait(a:ms, {-> !empty(box)}, 5)
  else
    let since = reltime()
    while empty(box) && reltimefloat(reltime(since)) * 1000 < a:ms
      sleep 5m
    endwhile
  endif
  if empty(box)
    call remove(s:waiting, id)
    call pipe#job#cancel(id)
  endif
  return empty(box) ? {} : box[0]
endfunction

" The process id of cpipe, 0 when it does not run.
function! pipe#job#pid() abort
  return s:job is v:null ? 0 : has('nvim') ? jobpid(s:job) : job_info(s:job).process
endfunction

" Returns why cpipe cannot be started, or nothing.
function! s:start() abort
  if s:job isnot v:null
    return ''
  endif
  let given = get(g:, 'pipe_cpipe', 'cpipe')
  let command = type(given) == v:t_list ? copy(given) : [expand(given)]
  if !executable(command[0])
    return printf("there is no program '%s'. Install it: npm install -g pipe-tools, or say where it is: let g:pipe_cpipe = '/path/to/cpipe'", command[0])
  endif
  let s:generation += 1
  let s:partial = ''
  let s:lines = []
  let s:at = 0
  let s:words = ''
  let mine = s:generation
  call add(command, '--stdio')
  try
    if has('nvim')
      let job = jobstart(command, {
            \ 'on_stdout': {_, lines, __ -> s:chunk(mine, lines)},
            \ 'on_stderr': {_, lines, __ -> s:complained(mine, lines)},
            \ 'on_exit': {_, code, __ -> s:ended(mine, code)},
            \ })
      let s:job = job > 0 ? job : v:null
    else
      let job = job_start(command, {
            \ 'mode': 'nl', 'noblock': 1,
            \ 'out_cb': {_, line -> s:line(mine, line)},
            \ 'err_cb': {_, line -> s:complained(mine, [line])},
            \ 'close_cb': {channel -> s:ended(mine, s:code_of(mine))},
            \ })
      let s:job = job_status(job) ==# 'fail' ? v:null : job
    endif
  catch
    return v:exception
  endtry
  return s:job is v:null ? printf("'%s' cannot be started", command[0]) : ''
endfunction

function! s:send(message) abort
  let line = json_encode(a:message) . "\n"
  try
    if has('nvim')
      call chansend(s:job, line)
    else
      call ch_sendraw(s:job, line)
    endif
  catch
    let s:words = s:words ==# '' ? v:exception : s:words
    call s:ended(s:generation, -1)
  endtry
endfunction

" Neovim gives pieces; the last item of each is the start of a line, the first one the rest of that.
function! s:chunk(generation, lines) abort
  let lines = copy(a:lines)
  let lines[0] = s:partial . lines[0]
  let s:partial = remove(lines, -1)
  for line in lines
    call s:line(a:generation, line)
  endfor
endfunction

" However fast lines come, keys do not wait for them.
function! s:line(generation, line) abort
  if a:generation == s:generation && a:line !=# ''
    call add(s:lines, a:line)
    if s:timer == 0
      let s:timer = timer_start(0, {-> s:look(s:slice)})
    endif
  endif
endfunction

function! s:look(ms) abort
  let s:timer = 0
  let since = reltime()
  while s:at < len(s:lines) && reltimefloat(reltime(since)) * 1000 < a:ms
    let s:at += 1
    call s:event(json_decode(s:lines[s:at - 1]))
  endwhile
  if s:at < len(s:lines)
    let s:timer = timer_start(1, {-> s:look(s:slice)})
  else
    let s:lines = []
    let s:at = 0
  endif
endfunction

function! s:event(event) abort
  let event = a:event
  let id = get(event, 'id', v:null)
  if type(id) == v:t_number && has_key(s:waiting, id)
    let Callback = s:waiting[id]
    if get(event, 'final', v:false)
      call remove(s:waiting, id)
    endif
    call Callback(event)
  elseif get(event, 'event', '') ==# 'error' && id is v:null
    call pipe#message#error(event.message)
  endif
endfunction

function! s:complained(generation, lines) abort
  for line in a:lines
    if a:generation == s:generation && line !~# '^\s*$'
      let s:words = substitute(line, '^cpipe: ', '', '')
    endif
  endfor
endfunction

" No request outlives the process that carried it.
function! s:ended(generation, code) abort
  if a:generation != s:generation || s:job is v:null
    return
  endif
  let s:job = v:null
  call timer_stop(s:timer)
  call s:look(1000)
  let why = s:words !=# '' ? s:words : printf('cpipe has ended (exit code %s); the next request starts it again', a:code)
  for id in keys(s:waiting)
    call s:fail(id, why)
  endfor
endfunction

function! s:fail(id, why) abort
  if has_key(s:waiting, a:id)
    call remove(s:waiting, a:id)({'event': 'error', 'code': 'cpipe', 'message': a:why, 'final': v:true})
  endif
endfunction

function! s:code_of(generation) abort
  return a:generation == s:generation && s:job isnot v:null ? get(job_info(s:job), 'exitval', '?') : '?'
endfunction
