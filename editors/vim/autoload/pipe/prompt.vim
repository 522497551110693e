" What is sent to the model.

function! pipe#prompt#request(messages) abort
  let args = extend({'messages': a:messages}, get(g:, 'pipe_options', {}))
  return {'tool': get(g:, 'pipe_chat_tool', 'chat'), 'cmd': 'chat', 'args': args, 'timeout': get(g:, 'pipe_timeout', 120)}
endfunction

function! pipe#prompt#system() abort
  let system = get(g:, 'pipe_system', '')
  return system ==# '' ? [] : [{'role': 'system', 'content': system}]
endfunction

" Lines as a code block, whose fence is longer than any in them.
function! pipe#prompt#fenced(lines, filetype) abort
  let fence = '```'
  for line in a:lines
    let found = matchstr(line, '^\s*\zs`\{3,}')
    let fence = len(found) >= len(fence) ? found . '`' : fence
  endfor
  return join([fence . a:filetype] + a:lines + [fence], "\n")
endfunction

" The lines of the code block in an answer, of the first if there are several; all its lines if there is none.
function! pipe#prompt#code(text) abort
  let lines = split(substitute(a:text, '^\_s*\n\|\_s*$', '', 'g'), "\n", 1)
  let first = match(lines, '^\s*\(`\{3,}\|\~\{3,}\)')
  if first == -1
    return lines
  endif
  let [_, indent, fence; _] = matchlist(lines[first], '^\(\s*\)\(`\{3,}\|\~\{3,}\)')
  let end = match(lines, '^\s*\V' . fence . '\m[`~]*\s*$', first + 1)
  let block = end == -1 ? lines[first + 1 :] : end == first + 1 ? [] : lines[first + 1 : end - 1]
  " A block in a list is indented with its fence.
  return map(block, 'substitute(v:val, "^" . indent, "", "")')
endfunction
