" What the commands of plugin/pipe.vim do, where that is little. See :help pipe

" :Pipe – asks the model; the answer streams into a window of its own.
function! pipe#ask(ranged, first, last, prompt) abort
  let context = a:ranged ? pipe#prompt#fenced(getline(a:first, a:last), &filetype) : ''
  let content = join(filter([a:prompt, context], 'v:val !=# ""'), "\n\n")
  if content ==# ''
    return pipe#message#error('expected a question: :Pipe {prompt}')
  endif
  let messages = pipe#prompt#system() + [{'role': 'user', 'content': content}]
  call pipe#scratch#answer(pipe#prompt#request(messages), a:prompt ==# '' ? 'answer' : a:prompt, 'markdown')
endfunction

" :PipeSpeak – has the lines, or a text, spoken.
function! pipe#speak(ranged, first, last, text) abort
  let text = a:text !=# '' ? a:text : join(getline(a:first, a:last), "\n")
  if text =~# '^\_s*$'
    return pipe#message#error('there is nothing to speak here')
  endif
  let request = {'tool': get(g:, 'pipe_tts_tool', 'tts'), 'cmd': 'say', 'args': {'text': text}, 'timeout': 0}
  call pipe#request#start(request, {'Final': {-> 0}})
endfunction

" :PipeStop – stops what this buffer waits for, or else all; with a bang all.
function! pipe#stop(all) abort
  let here = a:all ? 0 : pipe#request#stop(bufnr('%'))
  let stopped = here > 0 ? here : pipe#request#stop(0)
  call pipe#message#note(stopped == 0 ? 'nothing is under way' : 'stopped')
endfunction

" What is under way, for 'statusline': `chat: answering`. With a buffer's number only what is under way for that.
function! pipe#status(...) abort
  return pipe#request#status(get(a:000, 0, 0))
endfunction

" Puts a finished answer into the register of g:pipe_register.
function! pipe#keep(text) abort
  let register = get(g:, 'pipe_register', 'p')
  let text = substitute(a:text, '\n\+$', '', '')
  if register !=# '' && text !=# ''
    call setreg(register, text, text =~# '\n' ? 'V' : 'v')
  endif
endfunction
