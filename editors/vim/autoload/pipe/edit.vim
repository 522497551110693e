" Changes of buffers that are not the current one, as undo steps of their own.

" Calls `Change` with the buffer current, if it has a window. `join`: as part of the undo step before it, else as a new one.
function! pipe#edit#in(buf, join, Change) abort
  let s:change = a:Change
  let s:join = a:join
  let windows = win_findbuf(a:buf)
  if bufnr('%') == a:buf
    call pipe#edit#perform(1)
  elseif empty(windows)
    " Nobody edits it now, so nothing ends an undo step in it.
    call pipe#edit#perform(0)
  else
    call win_execute(windows[0], 'call pipe#edit#perform(1)')
  endif
endfunction

function! pipe#edit#perform(current) abort
  if a:current && s:join
    try
      undojoin
    catch /E790:/
      " The user has just undone something: what comes is a step of its own.
    endtry
  elseif a:current
    let &g:undolevels = &g:undolevels
  endif
  call s:change()
endfunction
