-- A text that loadstring has compiled compiles itself with loadstring again.
--> error stack overflow|ran for 200ms without a wait|more than
register_tool("attack", function()
  text = "local f = loadstring(text) return 1 + f()"
  return loadstring(text)()
end)
