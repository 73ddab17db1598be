-- A text that loadstring compiles concatenates two hundred strings of the maximum length.
--> error
register_tool("attack", function()
  local s = ("x"):rep(2^26)
  local f = assert(loadstring("local s = ... return #(s" .. (" .. s"):rep(200) .. ")"))
  return f(s)
end)
