-- json.decode and json.encode get numbers and texts that are not valid JSON.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for _, text in ipairs { "1e999", "-1e999", ("9"):rep(1e5), "0." .. ("0"):rep(1e5) .. "1", "1e-999", "NaN", "Infinity", "-", "1e", "\"\\ud800\"", "\"\\u\"", "\"\\", "[1,", "{", "{\"a\"", "\0", "", "[" .. ("1,"):rep(1e5) } do
    pcall(json.decode, text)
  end
  for _, v in ipairs { 0 / 0, 1 / 0, -1 / 0, 2^63, -0.0, 5e-324, print, coroutine.create(print) } do pcall(json.encode, v) pcall(json.encode, { v }) end
  return "done"
end)
