" Tells those who want to know: autocmd User PipeStatus, PipeWritten, PipeFinished …
function! pipe#event#tell(name) abort
  if exists('#User#' . a:name)
    execute 'doautocmd <nomodeline> User' a:name
  endif
endfunction
