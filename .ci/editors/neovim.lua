-- Driven headless, after the README's snippet: nvim --headless -u SNIPPET -S neovim.lua
local function check(what, holds)
  if not holds then
    local told = {}
    for _, d in ipairs(vim.diagnostic.get(0)) do
      told[#told + 1] = (d.code or "?") .. " " .. d.message
    end
    io.stderr:write("neovim: " .. what .. "\n" .. table.concat(told, "\n") .. "\n")
    vim.cmd("cquit 1")
  end
end
local function has(code)
  for _, d in ipairs(vim.diagnostic.get(0)) do
    if d.code == code then return d end
  end
end
local function wait(what, holds)
  check(what, vim.wait(20000, function() return holds() ~= nil and holds() ~= false end, 20))
end

vim.cmd.edit("template.yaml")
wait("no finding at opening", function() return has("key-rotation") and has("vault-customer-key") end)
local found = has("key-rotation")
check("the wrong text is underlined", vim.api.nvim_buf_get_text(0, found.lnum, found.col, found.end_lnum, found.end_col, {})[1] == "false")

-- Change: the unsaved buffer counts.
vim.api.nvim_buf_set_text(0, found.lnum, found.col, found.end_lnum, found.end_col, { "true" })
wait("the finding stays when it is mended", function() return not has("key-rotation") end)
vim.cmd.undo()
wait("the finding does not come back", function() return has("key-rotation") end)

-- Hover.
local line = vim.fn.search("EncryptionKeyArn") - 1
local place = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = line, character = 8 } }
local answers = vim.lsp.buf_request_sync(0, "textDocument/hover", place, 20000)
local text = ""
for _, answer in pairs(answers or {}) do text = text .. answer.result.contents.value end
check("the hover does not tell whose key it is: " .. text, text:find("Whose key") and text:find("when UseCmk is"))

-- An action, applied as a user does.
vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.isPreferred end })
wait("the action mends nothing", function()
  return vim.api.nvim_buf_get_lines(0, found.lnum, found.lnum + 1, false)[1]:find("EnableKeyRotation: true")
end)
wait("the finding stays after the action", function() return not has("key-rotation") end)

-- Ignoring: the comment is written, and the cursor stands at the reason.
local vault = has("vault-customer-key")
vim.api.nvim_win_set_cursor(0, { vault.lnum + 1, vault.col })
vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.title:find("^Ignore vault%-customer%-key") end })
wait("the finding is not ignored", function() return not has("vault-customer-key") end)
wait("the cursor is not at the reason", function()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  return vim.api.nvim_buf_get_lines(0, row - 1, row, false)[1]:sub(column + 1):find("^TODO: the reason")
end)

vim.cmd.write()
vim.cmd("bdelete")
check("it does not leave", vim.wait(20000, function() return #vim.diagnostic.get() == 0 end, 20))
vim.lsp.stop_client(vim.lsp.get_clients())
check("the server stays", vim.wait(20000, function() return #vim.lsp.get_clients() == 0 end, 20))
print("neovim: opened, changed, hovered, mended, ignored, saved, closed\n")
vim.cmd("qall!")
