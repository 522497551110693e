" Completion of :PipeTool: tools, their commands, the commands' flags and the words that a flag takes.

" Longest wait for cpipe, in ms; it reads the daemon's registry, and asks a tool only where that says nothing.
let s:wait = 1000
let s:base = ['ping', 'get_state', 'get_description', 'get_help', 'get_config', 'list_interfaces', 'get_interface', 'cancel', 'stop']

function! pipe#complete#tool(lead, line, position) abort
  let before = strpart(a:line, 0, a:position)
  let text = substitute(before, '^.\{-}\<PipeT\%[ool]\s*', '', '')
  let words = pipe#tool#words(strpart(text, 0, len(text) - len(a:lead)))[0]
  let tools = get(pipe#job#wait({'list': v:true}, s:wait), 'tools', [])
  if empty(words)
    return s:matching(sort(map(copy(tools), 'v:val.name') + ['supervisor']), a:lead)
  endif
  let commands = s:commands(tools, words[0])
  if len(words) == 1
    return s:matching(map(copy(commands), 'v:val.name') + s:base, a:lead)
  endif
  let found = filter(copy(commands), 'v:val.name ==? words[1]')
  return empty(found) ? [] : s:arguments(found[0].args, words, a:lead)
endfunction

function! s:commands(tools, name) abort
  let known = filter(copy(a:tools), 'v:val.name ==# a:name && !empty(v:val.interfaces)')
  let interfaces = empty(known) ? get(pipe#job#wait({'describe': a:name}, s:wait), 'interfaces', []) : known[0].interfaces
  let commands = []
  for interface in interfaces
    call extend(commands, interface.name ==# 'base' ? [] : interface.commands)
  endfor
  return commands
endfunction

" Flags; behind one that takes one of some words, those.
function! s:arguments(args, words, lead) abort
  for arg in a:args
    if s:flag(arg.name) ==# a:words[-1] && arg.type !=# 'boolean'
      return s:matching(map(filter(split(arg.type, ' | '), 'v:val =~# "^\""'), 'trim(v:val, "\"")'), a:lead)
    endif
  endfor
  let flags = []
  for arg in a:args
    call extend(flags, [s:flag(arg.name)] + (arg.type ==# 'boolean' ? ['--no-' . s:flag(arg.name)[2:]] : []))
  endfor
  return s:matching(filter(flags, 'index(a:words, v:val) == -1'), a:lead)
endfunction

" `maxTokens` as the flag that people type.
function! s:flag(name) abort
  return '--' . substitute(substitute(a:name, '\u', '-\l&', 'g'), '_', '-', 'g')
endfunction

function! s:matching(words, lead) abort
  return filter(a:words, 'strpart(v:val, 0, len(a:lead)) ==# a:lead')
endfunction
