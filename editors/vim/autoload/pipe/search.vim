" :PipeSearch – what the vector tool finds, in the quickfix list.

function! pipe#search#command(query) abort
  let request = {'tool': get(g:, 'pipe_vector_tool', 'vector'), 'cmd': 'search', 'args': extend({'query': a:query}, get(g:, 'pipe_search_options', {}))}
  call pipe#request#start(request, {'Final': {event, _ -> s:found(a:query, event)}})
endfunction

function! s:found(query, event) abort
  if a:event.event ==# 'error'
    return
  endif
  let items = map(copy(get(a:event, 'hits', [])), 's:item(v:val)')
  call setqflist([], ' ', {'title': ':PipeSearch ' . a:query, 'items': items})
  if empty(items)
    return pipe#message#note('nothing was found for ' . a:query)
  endif
  let back = win_getid()
  botright copen
  call win_gotoid(back)
endfunction

function! s:item(hit) abort
  let metadata = get(a:hit, 'metadata', {})
  let text = substitute(get(a:hit, 'text', ''), '\_s\+', ' ', 'g')
  let place = has_key(metadata, 'path') ? {'filename': metadata.path, 'lnum': get(metadata, 'line', 1)} : {'text': get(a:hit, 'id', '') . ': '}
  return extend(place, {'text': get(place, 'text', '') . trim(text)})
endfunction
