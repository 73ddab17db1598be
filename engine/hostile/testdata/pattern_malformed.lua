-- Patterns are cut off or malformed.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for _, p in ipairs { "%", "[", "[^", "[%", "(", ")", "%b", "%bx", "%f", "%1", "(()", "[a-", "[]", "%0", "*", "^*", "(%1)", "\0", "%\0", "[\0" } do
    pcall(string.find, "aaa", p) pcall(string.gsub, "aaa", p, "%9") pcall(string.gmatch, "aaa", p)
  end
  return "done"
end)
