-- loadstring gets a function with more local variables than a function may have.
--> result more than 200 local variables
register_tool("attack", function()
  return select(2, loadstring(("local x "):rep(8000)))
end)
