-- Functions of text with long texts.
--> result ^24$
--> calm too much memory|is busy
register_tool { name = "attack", timeout = 60, handler = function()
  local n, long, wide = 0, ("ab "):rep(1e6), ("\204\129"):rep(1e6)
  local function try(f, ...)
    n = n + 1
    local began = time.monotonic()
    pcall(f, ...)
    local took = time.monotonic() - began
    if took > 30 then error(n .. " took " .. took) end
  end
  try(text.levenshtein, long, long .. "x")
  try(text.levenshtein, ("a"):rep(1e5), ("b"):rep(1e5))
  try(text.similar, ("a"):rep(1e5), ("b"):rep(1e5))
  try(text.wrap, long, 1)
  try(text.wrap, ("x"):rep(1e6), 1)
  try(text.shorten, long, 1e6)
  try(text.normalize, "a" .. wide, "NFKD")
  try(text.normalize, ("\239\183\186"):rep(1e5), "NFKD")
  try(text.fold, "a" .. wide)
  try(text.slug, long)
  try(text.title, long)
  try(text.number, ("nine hundred "):rep(1e5))
  try(text.spoken, ("9"):rep(1e5))
  try(text.spoken, 1e300)
  try(text.time, ("half past "):rep(1e5))
  try(text.dedent, ("  x\n"):rep(1e5))
  try(text.split, long, "")
  try(text.split, long, " ")
  try(i18n.number, ("9"):rep(1e6))
  local many = {}
  for i = 1, 1e5 do many[i] = "x" end
  try(i18n.list, many)
  local cycle = {}
  cycle.a = cycle
  try(i18n.load, { en = cycle })
  try(i18n.load, { en = { x = ("{x}"):rep(1e5) } })
  try(function() return i18n("x", { x = ("{x}"):rep(1e4) }) end)
  try(i18n.language, ("en-"):rep(1e5))
  return n
end }
