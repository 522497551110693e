" Marks a line of a buffer, so that it is found again whatever is written above or below it meanwhile.

let s:next = 0
let s:type = 'pipe_mark'

if has('nvim')
  let s:space = nvim_create_namespace('pipe')

  function! pipe#mark#set(buf, lnum) abort
    return nvim_buf_set_extmark(a:buf, s:space, a:lnum - 1, 0, {})
  endfunction

  " Its line of now, 0 when it has gone.
  function! pipe#mark#line(buf, mark) abort
    let at = nvim_buf_get_extmark_by_id(a:buf, s:space, a:mark, {})
    return empty(at) ? 0 : at[0] + 1
  endfunction

  function! pipe#mark#remove(buf, mark) abort
    if bufloaded(a:buf)
      call nvim_buf_del_extmark(a:buf, s:space, a:mark)
    endif
  endfunction
else
  if empty(prop_type_get(s:type))
    call prop_type_add(s:type, {})
  endif

  function! pipe#mark#set(buf, lnum) abort
    let s:next += 1
    call prop_add(a:lnum, 1, {'type': s:type, 'id': s:next, 'bufnr': a:buf})
    return s:next
  endfunction

  function! pipe#mark#line(buf, mark) abort
    let found = prop_find({'type': s:type, 'id': a:mark, 'both': 1, 'bufnr': a:buf, 'lnum': 1, 'col': 1}, 'f')
    return get(found, 'lnum', 0)
  endfunction

  function! pipe#mark#remove(buf, mark) abort
    if bufloaded(a:buf)
      call prop_remove({'type': s:type, 'id': a:mark, 'both': 1, 'bufnr': a:buf, 'all': 1})
    endif
  endfunction
endif
