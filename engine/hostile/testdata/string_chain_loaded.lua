-- The same in a text that is made and loaded.
--> error
register_tool("attack", function()
  local s = ("x"):rep(2^26)
  local f = assert(loadstring("local s = ... return #(s" .. (" .. s"):rep(200) .. ")"))
  return f(s)
end)
