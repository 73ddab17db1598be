-- loadstring compiles a text of 4000 functions in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local text = ("x=function()end "):rep(4000)
  while true do loadstring(text) end
end)
