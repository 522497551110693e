" The tools of pipe-tools in Vim and Neovim, without a moment's wait. See :help pipe
if exists('g:loaded_pipe')
  finish
endif
let g:loaded_pipe = 1

if !has('nvim-0.7') && !(v:version >= 900 && has('job') && has('channel') && has('textprop') && has('timers'))
  command! -nargs=* -range -bang Pipe echoerr 'pipe: expected Vim 9 with +job +channel +textprop +timers, or Neovim 0.7; see :version'
  finish
endif

command! -nargs=* -range Pipe call pipe#ask(<range>, <line1>, <line2>, <q-args>)
command! -nargs=* -range -bang PipeChat call pipe#chat#command(<bang>0, <range>, <line1>, <line2>, <q-args>)
command! -nargs=+ -range PipeReplace call pipe#replace#command(<line1>, <line2>, <q-args>)
command! -nargs=+ -complete=customlist,pipe#complete#tool PipeTool call pipe#tool#command(<q-args>)
command! -nargs=* -range PipeSpeak call pipe#speak(<range>, <line1>, <line2>, <q-args>)
command! -nargs=+ PipeSearch call pipe#search#command(<q-args>)
command! -bar -bang PipeStop call pipe#stop(<bang>0)

nnoremap <Plug>(pipe-ask) :Pipe<Space>
xnoremap <Plug>(pipe-ask) :Pipe<Space>
nnoremap <Plug>(pipe-replace) :PipeReplace<Space>
xnoremap <Plug>(pipe-replace) :PipeReplace<Space>
nnoremap <silent> <Plug>(pipe-chat) :<C-U>PipeChat<CR>
xnoremap <Plug>(pipe-chat) :PipeChat<Space>
nnoremap <silent> <Plug>(pipe-speak) :PipeSpeak<CR>
xnoremap <silent> <Plug>(pipe-speak) :PipeSpeak<CR>
nnoremap <Plug>(pipe-search) :<C-U>PipeSearch<Space>
nnoremap <silent> <Plug>(pipe-stop) :<C-U>PipeStop<CR>
