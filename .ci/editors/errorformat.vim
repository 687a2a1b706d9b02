" Driven without a terminal, after the README's snippet: vim -N -u VIMRC -S errorformat.vim
set nomore
silent edit template.yaml
silent make!
let s:found = map(filter(getqflist(), 'v:val.valid'), '[bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.type, matchstr(v:val.text, ''\[[a-z-]*\]$'')]')
call cursor(1, 1)
let s:wanted = [
\ ['template.yaml', search('EnableKeyRotation', 'n'), 26, 'w', '[key-rotation]'],
\ ['template.yaml', search('!Ref AWS::NoValue', 'n'), 52, 'e', '[vault-customer-key]'],
\]
for s:one in s:wanted
  if index(s:found, s:one) < 0
    call writefile(['errorformat: ' . string(s:one) . ' is not in the list of errors', string(s:found)], 'failed')
    cquit 1
  endif
endfor
call writefile(['errorformat: ' . len(s:found) . ' findings in the list of errors'], 'passed')
qall!
