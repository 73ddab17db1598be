-- An endless loop overflows the stack inside pcall again and again.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local function f() return 1 + f() end
  while true do pcall(f) end
end)
