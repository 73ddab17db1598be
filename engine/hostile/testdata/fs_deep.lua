-- Folders in folders, without an end.
--> result ^0$
register_tool("attack", function()
  local path, depth = "a", 1
  while true do
    local ok, reason = fs.mkdir(path)
    if not ok then break end
    path, depth = path .. "/a", depth + 1
    if depth > 150 then break end
  end
  assert(fs.list("", { recursive = true }))
  assert(fs.glob("**/b"))
  fs.watch("", function() end, { recursive = true })
  assert(fs.remove("a", { recursive = true }))
  return #fs.list("")
end)
