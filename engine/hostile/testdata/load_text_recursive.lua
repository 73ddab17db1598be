-- A text that loads itself.
--> error stack overflow|ran for 200ms without a wait|more than
register_tool("attack", function()
  text = "local f = loadstring(text) return 1 + f()"
  return loadstring(text)()
end)
