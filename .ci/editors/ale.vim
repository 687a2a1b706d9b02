" Driven without a terminal, after ALE and the README's snippet: vim -N -u VIMRC -S ale.vim
set nomore
function! s:Codes() abort
  return map(copy(get(get(g:ale_buffer_info, bufnr('%'), {}), 'loclist', [])), 'v:val.code')
endfunction
function! s:Fail(what) abort
  call writefile(['ale: ' . a:what, 'found: ' . string(s:Codes()), execute('messages')], 'failed')
  cquit 1
endfunction
function! s:Wait(what, holds) abort
  for s:turn in range(400)
    if a:holds() | return | endif
    sleep 50m
  endfor
  call s:Fail(a:what)
endfunction
function! s:Has(code) abort
  return index(s:Codes(), a:code) >= 0
endfunction

edit template.yaml
call s:Wait('no finding at opening', {-> s:Has('key-rotation') && s:Has('vault-customer-key')})
let s:found = filter(copy(g:ale_buffer_info[bufnr('%')].loclist), {_, it -> it.code is# 'key-rotation'})[0]
if s:found.lnum != search('EnableKeyRotation') | call s:Fail('the wrong line: ' . string(s:found)) | endif

" Change: the unsaved buffer counts.
%s/EnableKeyRotation: false/EnableKeyRotation: true/
doautocmd TextChanged
call s:Wait('the finding stays when it is mended', {-> !s:Has('key-rotation')})
undo
doautocmd TextChanged
call s:Wait('the finding does not come back', {-> s:Has('key-rotation')})

" Hover.
let g:ale_hover_to_preview = 1
call cursor(search('EncryptionKeyArn'), 9)
ALEHover
function! s:Preview() abort
  for s:window in range(1, winnr('$'))
    if getwinvar(s:window, '&previewwindow')
      return join(getbufline(winbufnr(s:window), 1, '$'), "\n")
    endif
  endfor
  return ''
endfunction
call s:Wait('the hover does not tell whose key it is: ' . s:Preview(), {-> s:Preview() =~# 'Whose key' && s:Preview() =~# 'when UseCmk is'})
pclose

" An action, chosen from ALE's menu.
function! s:Choose(data, items) abort
  for s:item in a:items
    if get(s:item[1], 'isPreferred', v:false)
      call ale#codefix#ApplyLSPCodeAction(a:data, s:item[1])
    endif
  endfor
endfunction
call cursor(search('EnableKeyRotation'), 26)
call ale#codefix#Execute(0, function('s:Choose'))
call s:Wait('the action mends nothing', {-> search('EnableKeyRotation: true', 'n') > 0})
doautocmd TextChanged
call s:Wait('the finding stays after the action', {-> !s:Has('key-rotation')})

silent write
call s:Wait('saving changes what is found', {-> s:Has('vault-customer-key') && !s:Has('key-rotation')})
bdelete!
call writefile(['ale: opened, changed, hovered, mended, saved, closed'], 'passed')
qall!
