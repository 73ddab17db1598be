-- gsub calls a replacement function that calls gsub.
--> error
register_tool("attack", function()
  local function again() return (("x"):gsub("x", again)) end
  return again()
end)
